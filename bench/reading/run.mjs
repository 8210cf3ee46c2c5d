// How fast does an extractor read? See README.md.
//
//   node bench/reading/run.mjs [--orders 600000] [--runs 5] [--only json,csv,sqlite,batches] [--seed 1] [--dir /with/space]
//   node bench/reading/run.mjs memory [--gb 2,10] [--only lines,array,csv,sqlite] [--dir /with/space]
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { openEngine } from '@millrace/shared/adapters/duckdb';

import { measureMemory, MEMORY_FORMATS } from './memory.mjs';
import { PARTS } from './parts.mjs';
import { conditions, contestTable, faultsOf, loads, memoryTable } from './report.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    orders: { type: 'string', default: '600000' },
    runs: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    gb: { type: 'string', default: '2,10' },
    dir: { type: 'string', default: tmpdir() },
  },
});

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'])
  process.once(name, () => stopping.abort(new Error(`Ended by ${name}.`)));
const { signal } = stopping;

const folder = await realpath(await mkdtemp(path.join(values.dir, 'millrace-reading-')));
const engine = await openEngine({ memoryLimitBytes: 4 * 1024 ** 3, threads: 2, spillDir: folder });
try {
  console.log(`${await conditions(engine)}\n`);
  await (positionals[0] === 'memory' ? memory() : contests());
  console.log(`\nLoad ${loads()} at the end.`);
} finally {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}

async function contests() {
  const [orders, seed, runs] = [values.orders, values.seed, values.runs].map(Number);
  console.log(`Medians of ${runs} alternating runs, ${orders} good orders.\n`);
  for (const name of chosen(Object.keys(PARTS))) {
    const measured = await inFolder(name, (part) =>
      PARTS[name]({ engine, folder: part, orders, seed, runs, signal }),
    );
    console.log(`${contestTable(measured)}\n`);
    complain(measured.flatMap(faultsOf));
  }
}

async function memory() {
  const all = [];
  for (const gigabytes of values.gb.split(',').map(Number)) {
    for (const format of chosen(MEMORY_FORMATS)) {
      const wish = { format, targetBytes: gigabytes * 1e9, signal };
      const measured = await inFolder(format, (part) => measureMemory(engine, part, wish));
      complain(measured.flatMap(({ faults }) => faults));
      all.push(...measured);
    }
  }
  console.log(memoryTable(all));
}

function chosen(names) {
  const wished = values.only?.split(',') ?? names;
  const unknown = wished.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Error(`There is no ${unknown.join(', ')}; there are ${names.join(', ')}.`);
  return wished;
}

async function inFolder(name, work) {
  const part = path.join(folder, name);
  await mkdir(part);
  try {
    return await work(part);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

function complain(faults) {
  for (const fault of faults.slice(0, 20)) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}
