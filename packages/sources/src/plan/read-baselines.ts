import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { baselinesOf, measuredBy } from '@millrace/shared/core/baseline';
import { BASELINE_RUNS, type Baseline, type PlannedCheck } from '@millrace/shared/core/check';
import type { Pipeline } from '@millrace/shared/core/pipeline';

/**
 * What the checks of a run compare with, from the first destination, if any of them compares. Of several destinations
 * one is enough: all have the same runs.
 */
export async function readBaselines(
  { name, destinations }: Pick<Pipeline, 'name' | 'destinations'>,
  checks: readonly PlannedCheck[],
): Promise<Baseline[]> {
  const [destination] = destinations;
  if (destination === undefined || checks.every((check) => measuredBy(check) === null)) return [];
  const reader = openDestinationReader(destination);
  try {
    return baselinesOf(checks, await reader.profiles(name, BASELINE_RUNS));
  } finally {
    await reader.close();
  }
}
