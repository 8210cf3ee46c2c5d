/**
 * `npm run fuzz -- [--records N] [--seed S] [--from I]`: damaged JSON records against an oracle. Prints one line, and
 * what differs; `--seed S --from I --records 1` shows one record again.
 */
import { parseArgs } from 'node:util';

import { fuzzJsonRecords } from './fuzz-json-records.mjs';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const [records, seed, from] = [values.records, values.seed, values.from].map(Number);
if (![records, seed, from].every(Number.isSafeInteger))
  throw new RangeError('--records, --seed and --from are whole numbers');

const startedAt = performance.now();
const result = await fuzzJsonRecords({ records, seed, from });
const seconds = (performance.now() - startedAt) / 1000;
for (const disagreement of result.disagreements) console.log(disagreement);
console.log(
  `fuzz json-records: ${result.records} damaged records, seed ${seed}: ${result.read} are JSON, ${result.accepted} accepted, ${result.byLane} taken by the lane, ` +
    `${result.disagreements.length} disagreements with the oracle, ${seconds.toFixed(1)} s`,
);
process.exitCode = result.disagreements.length === 0 ? 0 : 1;
