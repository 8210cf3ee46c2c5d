// A pipeline over queues that puts the rows into the jobs: extract, transform and load are workers in processes of
// their own; a job carries a hundred orders.
//
//   node bench/peers/bullmq.mjs <data folder> <target.db>
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { startTestRedis } from '@millrace/shared/testing/with-redis';
import { Queue, Worker } from 'bullmq';

import { openStaging, parseOrder } from './staging.mjs';

const ROWS_PER_JOB = 100;
const CONCURRENCY = 10;
/** Beyond, the reader waits: Redis would hold the whole file otherwise. */
const MOST_WAITING_JOBS = 500;
const KEEP_NOTHING = { removeOnComplete: true };

const [data, target, role, url] = process.argv.slice(2);
const connection = url === undefined ? null : { path: url.replace('unix://', '') };
const roles = { extract, transform, load };
await (role === undefined ? main() : roles[role]());

async function main() {
  const redis = await startTestRedis({});
  const start = (name) => fork(import.meta.filename, [data, target, name, redis.url]);
  const [loader, transformer, extractor] = ['load', 'transform', 'extract'].map(start);
  const ended = once(loader, 'exit');
  extractor.on('message', (message) => loader.send(message));
  const [code] = await ended;
  for (const child of [transformer, extractor]) child.kill();
  await redis.stop();
  process.exitCode = code ?? 1;
}

async function extract() {
  const queue = new Queue('transform', { connection });
  let [rows, jobs, orders] = [[], 0, 0];
  const flush = async () => {
    await queue.add('rows', rows, KEEP_NOTHING);
    [rows, jobs] = [[], jobs + 1];
    while (jobs % 50 === 0 && (await queue.getWaitingCount()) > MOST_WAITING_JOBS) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  for (const file of readdirSync(path.join(data, 'orders')).sort()) {
    const lines = createInterface({
      input: createReadStream(path.join(data, 'orders', file)),
      crlfDelay: Infinity,
    });
    for await (const line of lines) {
      if (line === '') continue;
      orders += 1;
      rows.push(line);
      if (rows.length === ROWS_PER_JOB) await flush();
    }
  }
  if (rows.length > 0) await flush();
  process.send({ orders });
}

async function transform() {
  const loads = new Queue('load', { connection });
  const work = async ({ data: lines }) => {
    const rows = lines.map(parseOrder).map((order) => ({ ...order, customer_id: String(order.customer_id) }));
    await loads.add('rows', rows, KEEP_NOTHING);
  };
  await new Worker('transform', work, { connection, concurrency: CONCURRENCY }).waitUntilReady();
}

async function load() {
  const staging = openStaging(data, target);
  let [loaded, expected] = [0, null];
  const finishWhenAll = () => {
    if (loaded !== expected) return;
    staging.finish();
    process.exit();
  };
  process.on('message', ({ orders }) => {
    expected = orders;
    finishWhenAll();
  });
  const work = async ({ data: rows }) => {
    for (const row of rows) staging.add({ ...row, customer_id: BigInt(row.customer_id) });
    loaded += rows.length;
    finishWhenAll();
  };
  await new Worker('load', work, { connection, concurrency: CONCURRENCY }).waitUntilReady();
}
