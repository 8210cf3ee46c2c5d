// What does going through queues cost? See README.md.
//
//   node bench/queue/run.mjs [--runs 20] [--tasks 10000]
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { median } from '../support/alternate.mjs';
import { makeStorefront, SIZES } from '../support/data.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { printResults } from '../support/print-results.mjs';
import { hopsOf, idleMs, spansOf } from '../support/run-times.mjs';
import { openStack } from '../support/stack.mjs';
import { removeDatabase } from '../support/whole-process.mjs';
import { runManyTasks } from './many-tasks.mjs';

const M_RUNS = 3;

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20' }, tasks: { type: 'string', default: '10000' } },
});

await printResults(import.meta.dirname, () => inFolder(measure));

async function measure(folder) {
  const stack = await openStack(folder);
  try {
    return [
      ...(await measureHops(stack, folder)),
      await measureShare(stack, folder),
      await measureTasks(stack, folder),
    ];
  } finally {
    await stack.close();
  }
}

/** Tiny runs: one record, one model, so that the next stage has nothing else to do. */
async function measureHops(stack, folder) {
  const pipeline = path.join(folder, 'hops');
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await writeFile(path.join(pipeline, 'models/kept.sql'), 'SELECT id FROM numbers\n');
  await writeFile(path.join(pipeline, 'numbers.csv'), 'id\n1\n');
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: hops
sources: { numbers: { type: csv, path: numbers.csv, tables: { numbers: { columns: { id: { type: integer } } } } } }
models: { kept: { load: append } }
destination: { type: sqlite, path: out.db }
`,
  );
  const hops = [];
  for (let run = 0; run <= Number(values.runs); run += 1) {
    const { run: id } = await stack.run(pipeline);
    // The first one warms the services.
    if (run > 0) hops.push(...(await hopsOf(stack, id)));
  }
  hops.sort((a, b) => a - b);
  return [
    { what: 'hop from stage to stage, median', value: median(hops), unit: 'ms' },
    { what: 'the slowest in twenty', value: hops[Math.floor(hops.length * 0.95)], unit: 'ms' },
  ];
}

/** The share of a run of 600 000 orders in which no task is under way in any stage. */
async function measureShare(stack, folder) {
  const storefront = await makeStorefront(folder, SIZES.M);
  const shares = [];
  for (let run = 0; run <= M_RUNS; run += 1) {
    await removeDatabase(storefront.target);
    const { run: id, durationMs } = await stack.run(storefront.pipeline);
    const spans = await spansOf(stack, id);
    const planned = Math.min(...spans.map(({ from }) => from));
    if (run > 0) shares.push((100 * idleMs(spans, planned, durationMs)) / durationMs);
  }
  return {
    what: 'orchestration of 600 000 orders',
    value: Number(median(shares).toFixed(1)),
    unit: '% of the run',
  };
}

async function measureTasks(stack, folder) {
  const count = Number(values.tasks);
  const { overMs } = await runManyTasks(stack, folder, count);
  return {
    what: `${count} tiny tasks in a run, each over its work`,
    value: Number(overMs.toFixed(2)),
    unit: 'ms',
  };
}
