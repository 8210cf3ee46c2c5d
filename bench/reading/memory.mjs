import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import { startTestRedis } from '@millrace/shared/testing/with-redis';

import { memoryVariables } from '../../packages/cli/dist/stack/memory-variables.js';
import { endService, peakMegabytes, startService } from '../service-process.mjs';
import { compareTables, digestOf, digestTables, times } from './check.mjs';
import { makeCsv, makeOrders, makeSqlite, repeat } from './data.mjs';
import { pipelineFiles } from './pipeline.mjs';
import { csvSql, itemsSql, ordersSql, recordsSql } from './queries.mjs';

const BLOCK_ORDERS = 200_000;
/** Asking costs the measured machine; a run takes seconds. */
const POLL_MS = 200;

export const MEMORY_FORMATS = ['lines', 'array', 'csv', 'sqlite'];

/** What an operator sets for an extractor; `millrace up` adds the rest when there is so little memory. */
const LITTLE = { MILLRACE_MEMORY_MB: '64' };
const SETTINGS = { default: {}, 'low memory': { ...LITTLE, ...memoryVariables(64 * 1024 * 1024, {}) } };

/**
 * Has one extractor plan and read a large file, once per setting.
 * @param {import('@millrace/shared/adapters/duckdb').Engine} engine
 * @param {string} folder for everything that this needs
 * @param {{ format: string, targetBytes: number, signal: AbortSignal }} wish
 */
export async function measureMemory(engine, folder, { format, targetBytes, signal }) {
  const { block, expected: blockDigests } = await makeBlock(engine, folder, format);
  const data = await repeat(block, { format, targetBytes });
  const expected = Object.fromEntries(
    Object.entries(blockDigests).map(([table, digest]) => [table, times(digest, data.repeats)]),
  );
  const measured = [];
  for (const [setting, environment] of Object.entries(SETTINGS)) {
    const home = path.join(folder, 'home');
    const { durationMs, peak, results } = await readOnce(data, { home, environment, signal });
    const found = await digestTables(engine, path.join(home, 'bucket'), results);
    const faults = compareTables(found, expected).map((fault) => `${format}, ${setting}: ${fault}`);
    measured.push({ data, setting, durationMs, peak, faults });
    await rm(home, { recursive: true });
  }
  return measured;
}

/** A file of records to be repeated, and the digests of its tables as DuckDB reads them. */
async function makeBlock(engine, folder, format) {
  const wish = { format: 'lines', orders: BLOCK_ORDERS, seed: 1, badRatio: 0 };
  const lines = await makeOrders(path.join(folder, 'block'), wish);
  const records = recordsSql({ ...lines, file: path.join(lines.folder, lines.file) });
  if (format === 'lines' || format === 'array') {
    const orders = await digestOf(engine, ordersSql(records));
    return { block: lines, expected: { orders, order_items: await digestOf(engine, itemsSql(records)) } };
  }
  const csv = await makeCsv(engine, lines);
  const expected = { orders: await digestOf(engine, csvSql(path.join(csv.folder, csv.file))) };
  return { block: format === 'csv' ? csv : await makeSqlite(engine, lines), expected };
}

/** From the request until the last extract task is committed, by one extractor and its Redis. */
async function readOnce(data, { home, environment, signal }) {
  const bucket = await openFolderBucket(path.join(home, 'bucket'));
  const redis = await startTestRedis(process.env);
  const queue = await connectQueue({ redisUrl: redis.url, prefix: redis.prefix, attempts: 1 });
  const extractor = await startService('extractor', {
    ...process.env,
    REDIS_URL: redis.url,
    MILLRACE_HOME: home,
    MILLRACE_QUEUE_PREFIX: redis.prefix,
    ...environment,
  });
  try {
    const deployed = await deployFolder(bucket, await writePipeline(data));
    const store = createRunStore(bucket);
    const startedAt = performance.now();
    const { run } = await requestRun(bucket, queue, { ...deployed, trigger: 'cli', key: null, full: true });
    const results = await waitForManifests(store, run, signal);
    return { durationMs: performance.now() - startedAt, peak: await peakMegabytes(extractor), results };
  } finally {
    await endService(extractor);
    await queue.close();
    await redis.stop();
  }
}

async function writePipeline(data) {
  for (const [name, text] of Object.entries(pipelineFiles(data))) {
    const file = path.join(data.folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return data.folder;
}

async function waitForManifests(store, run, signal) {
  for (;;) {
    signal.throwIfAborted();
    const failure = await store.failure(run);
    if (failure !== null) throw new Error(`${failure.error.code}: ${failure.error.message}`);
    const plan = await store.plan(run);
    const tasks = plan?.tasks.filter(({ kind }) => kind === 'extract').map(({ id }) => id);
    if (tasks !== undefined && (await store.areDone(run, tasks))) {
      return [...(await store.manifests(run, tasks)).values()];
    }
    await wait(POLL_MS);
  }
}
