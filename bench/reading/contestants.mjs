import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import { compareRejects, compareTables, digestOf, digestTables } from './check.mjs';
import { startChild } from './child.mjs';
import { pipelineFiles } from './pipeline.mjs';

/**
 * What one run of a contestant took; `faults` says what of its output is wrong.
 * @typedef {{ durationMs: number, planMs: number | null, faults: readonly string[] }} Sample
 */

/** Processes that read, each in its own way, and the engine that checks what they wrote. */
export async function openContest(engine, scratch, { extractors }) {
  const baseline = startChild('baseline.mjs');
  const workers = Array.from({ length: extractors }, () => startChild('worker.mjs'));
  return {
    /** Reads a small file with everyone. */
    async warm(method, data) {
      for (const worker of workers) await extract([worker], data, { engine, scratch });
      await runBaseline(baseline, method, data, { engine, scratch });
    },
    /** @returns the digests of tables that the baseline makes, which those of all others must equal */
    async expect(method, data) {
      const { tables } = await runBaseline(baseline, method, data, { engine, scratch });
      const found = Number(tables.orders.rows);
      if (found !== data.orders) throw new Error(`The baseline found ${found} orders, not ${data.orders}.`);
      return tables;
    },
    baseline: (method, data, expected) => async () => {
      const { durationMs, rows, tables } = await runBaseline(baseline, method, data, { engine, scratch });
      const faults = tables === null ? [] : compareTables(tables, expected);
      if (rows !== null && rows !== data.orders) faults.push(`${rows} rows, expected ${data.orders}`);
      return { durationMs, planMs: null, faults };
    },
    extractors: (count, data, expected, batch) => () =>
      extract(workers.slice(0, count), data, { engine, scratch, expected, batch }),
    async stop() {
      await Promise.all([baseline, ...workers].map((child) => child.stop()));
    },
  };
}

async function runBaseline(child, method, data, { engine, scratch }) {
  const folder = await mkdtemp(path.join(scratch, 'baseline-'));
  try {
    const names = method === 'json' ? ['orders', 'order_items'] : ['orders'];
    const targets = Object.fromEntries(names.map((name) => [name, path.join(folder, `${name}.parquet`)]));
    const file = path.join(data.folder, data.file);
    const { durationMs, rows } = await child.call(method, { ...data, badRecords: [], file, targets });
    if (method === 'iterate') return { durationMs, rows, tables: null };
    const tables = {};
    for (const name of names) tables[name] = await digestOf(engine, `SELECT * FROM '${targets[name]}'`);
    return { durationMs, rows, tables };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Plans with the first worker, then shares the tasks: each takes the next one when it is done with its own. */
async function extract(workers, data, { engine, scratch, expected = null, batch = {} }) {
  const home = await mkdtemp(path.join(scratch, 'extract-'));
  const bucketFolder = path.join(home, 'bucket');
  try {
    await mkdir(bucketFolder);
    const files = pipelineFiles(data, batch);
    const { plan, durationMs: planMs } = await workers[0].call('plan', { folder: data.folder, files });
    for (const worker of workers) await worker.call('open', { plan, bucketFolder });
    const tasks = plan.tasks.filter(({ kind }) => kind === 'extract').map(({ id }) => id);
    const results = [];
    const startedAt = performance.now();
    await Promise.all(
      workers.map(async (worker) => {
        for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
          results.push(await worker.call('read', { task }));
        }
      }),
    );
    const durationMs = performance.now() - startedAt;
    const faults = await findFaults(engine, bucketFolder, { results, data, expected });
    return { durationMs, planMs, faults };
  } finally {
    await rm(home, { recursive: true });
  }
}

async function findFaults(engine, bucketFolder, { results, data, expected }) {
  const rejects = await compareRejects(engine, bucketFolder, results, data.badRecords);
  if (expected === null) return rejects;
  return [...compareTables(await digestTables(engine, bucketFolder, results), expected), ...rejects];
}
