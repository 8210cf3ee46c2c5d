import { expect, test } from 'vitest';

import { fuzzJsonRecords } from './fuzz-json-records.mjs';

/** `npm run fuzz` tries a million. */
const RECORDS = 30_000;

test.each([1, 2])('damaged JSON records are what the oracle says they are (seed %i)', async (seed) => {
  const { records, read, accepted, byLane, disagreements } = await fuzzJsonRecords({
    records: RECORDS / 2,
    seed,
  });
  expect(disagreements.join('\n')).toBe('');
  expect(records).toBe(RECORDS / 2);
  // Else the damage is so heavy, or so light, that nothing is tried.
  expect(read / records).toBeGreaterThan(0.4);
  expect(accepted / read).toBeGreaterThan(0.2);
  expect(read / records).toBeLessThan(0.9);
  expect(byLane / accepted).toBeGreaterThan(0.3);
});
