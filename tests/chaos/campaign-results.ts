import { openResults } from './results.ts';

/** Where tests that are campaigns as well keep what they find out: the file of CHAOS_RESULTS. */
export const campaignResults = openResults(process.env['CHAOS_RESULTS'] ?? null);
