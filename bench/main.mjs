// `npm run bench`: the whole pipeline against a bare process and peers. See README.md.
//
//   npm run bench                  # S and M, in less than five minutes
//   npm run bench -- --all         # L and the slow peers too; half an hour
//   npm run bench -- --check       # ends with 1 when a ratio is worse than the one on record by more than 15 %
//   npm run bench -- --record      # puts the ratios on record
//   npm run bench -- --short       # only shows that everything works and that all make the same tables
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { measurePipeline } from './pipeline/measure.mjs';
import { pipelineTable } from './pipeline/report.mjs';
import { conditions, describeConditions, loads } from './support/conditions.mjs';
import { makeRecord, worseThan } from './support/record.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const ROUNDS = 3;

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    rounds: { type: 'string', default: String(ROUNDS) },
    'record-file': { type: 'string', default: path.join(import.meta.dirname, 'record.json') },
    out: { type: 'string', default: path.join(ROOT, '.millrace/bench/results.json') },
  },
});
const recordFile = values['record-file'];
if (values.check && !existsSync(recordFile))
  throw new Error(`There is no record: ${recordFile}. Make one with --record.`);

const on = conditions();
console.log(`${describeConditions(on)}\n`);
const pipeline = await measurePipeline(wish());
console.log(pipelineTable(pipeline));
const results = { conditions: { ...on, loadAtEnd: loads() }, pipeline };
await mkdir(path.dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\nWritten to ${values.out}.`);
if (values.record) await writeFile(recordFile, `${JSON.stringify(makeRecord(results), null, 2)}\n`);
if (values.check) await check();

function wish() {
  if (values.short)
    return { sizes: ['tiny'], rounds: 1, warmUp: false, bad: true, cold: false, peers: 'fast' };
  const rounds = Number(values.rounds);
  if (values.all) return { sizes: ['S', 'M', 'L'], rounds, bad: true, cold: true, peers: 'all' };
  return { sizes: ['S', 'M'], rounds, bad: true, cold: true, peers: 'fast' };
}

async function check() {
  const worse = worseThan(JSON.parse(await readFile(recordFile, 'utf8')), results);
  for (const line of worse) console.error(line);
  if (worse.length > 0) process.exitCode = 1;
  else console.log(`No ratio is worse than on record (${recordFile}) by more than 15 %.`);
}
