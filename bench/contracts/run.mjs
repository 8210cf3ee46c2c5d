// What does reading under a contract cost? See README.md.
//
//   node bench/contracts/run.mjs [--records 200000] [--rounds 5]
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { readPipelineFolder } from '@millrace/shared/adapters/pipeline-folder';
import { readConfig } from '@millrace/shared/runtime/config';
import { bundleHash } from '@millrace/shared/runtime/deploy';
import { makeRequest } from '@millrace/shared/testing/make-plan';
import { planRun } from '@millrace/sources/plan/run-planner';

import { createExtractHandler } from '../../services/extractor/dist/handle-extract.js';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '5' },
  },
});

/** With each contract the same records are read; those with a field that nobody declared are a file of their own. */
const CASES = [
  { name: 'freeze', file: 'declared', contract: 'freeze' },
  { name: 'drop_value', file: 'declared', contract: 'drop_value' },
  { name: 'reject_row', file: 'declared', contract: 'reject_row' },
  { name: 'drop_value, a new field in 1 of 100', file: 'seldom', contract: 'drop_value' },
  { name: 'drop_value, a new field in every record', file: 'always', contract: 'drop_value' },
];
const EVERY = { declared: 0, seldom: 100, always: 1 };

const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-bench-')));
try {
  for (const [name, every] of Object.entries(EVERY)) {
    await mkdir(path.join(folder, name, 'models'), { recursive: true });
    await writeFile(path.join(folder, name, 'models/made.sql'), 'SELECT 1 AS one\n');
    await writeFile(path.join(folder, name, 'orders.jsonl'), makeRecords(every));
  }
  console.log(`node ${process.version}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  console.log(`${values.records} records, processor seconds, medians of ${values.rounds} rounds in turns`);
  console.log('| contract | without | with | more | values left out |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const one of CASES) await compare(one);
  console.log(`load at the end ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

function makeRecords(every) {
  const lines = Array.from({ length: Number(values.records) }, (_, id) => {
    const extra = every > 0 && id % every === 0 ? { coupon: `c${id}` } : {};
    const customer = { id: id % 1000, country: 'DE' };
    return JSON.stringify({ id, at: '2026-11-22T06:00:00Z', customer, total: (id % 9999) / 100, ...extra });
  });
  return `${lines.join('\n')}\n`;
}

async function compare({ name, file, contract }) {
  const rounds = [];
  // One that is not measured: code is compiled, and the system gets to know the file.
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    const without = await measure(file, null);
    const kept = await measure(file, contract);
    if (round > 0) rounds.push({ without: without.seconds, kept: kept.seconds, leftOut: kept.leftOut });
  }
  const median = (of) => rounds.map(of).sort((a, b) => a - b)[Math.floor(rounds.length / 2)];
  const [before, after] = [median(({ without }) => without), median(({ kept }) => kept)];
  const more = `${((after / before - 1) * 100).toFixed(0)} %`;
  console.log(
    `| ${name} | ${before.toFixed(2)} | ${after.toFixed(2)} | ${more} | ${rounds[0]?.leftOut ?? 0} |`,
  );
}

/** @returns processor seconds of planning and reading in this process, and values that the contract left out */
async function measure(file, contract) {
  const pipeline = path.join(folder, file);
  await writeFile(path.join(pipeline, 'pipeline.yml'), declare(contract));
  const home = await mkdtemp(path.join(folder, 'home-'));
  const bundle = await readPipelineFolder(pipeline);
  const before = process.cpuUsage();
  const plan = await planRun({
    bundle,
    bundleHash: bundleHash(bundle),
    run: '20261122T060000-00000000',
    plannedAt: '2026-11-22T06:00:00.000Z',
  });
  const handle = createExtractHandler({ config: readConfig({ MILLRACE_HOME: home }) });
  const bucket = await openFolderBucket(path.join(home, 'bucket'));
  let leftOut = 0;
  for (const task of plan.tasks.filter(({ kind }) => kind === 'extract')) {
    const { extracted } = await handle({
      plan,
      task,
      request: makeRequest(plan),
      inputs: new Map(),
      bucket,
      attempt: 'a1b2c3d4',
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    leftOut += (extracted?.drift ?? []).reduce((sum, { values: count }) => sum + count, 0);
  }
  const { user, system } = process.cpuUsage(before);
  await rm(home, { recursive: true, force: true });
  return { seconds: (user + system) / 1e6, leftOut };
}

function declare(contract) {
  const columns =
    'id: { type: integer }, at: { type: timestamp }, customer: { type: integer, from: customer.id }, country: { type: text, from: customer.country }, total: { type: double }';
  const kept = contract === null ? '' : `contract: ${contract}, `;
  return `name: shop
sources: { shop: { type: json, path: orders.jsonl, tables: { orders: { ${kept}columns: { ${columns} } } } } }
models: { made: { load: append } }
destination: { type: sqlite, path: out.db }
`;
}
