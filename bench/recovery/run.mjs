// How long after `kill -9` of a worker does another one start its task again? See README.md.
//
//   node bench/recovery/run.mjs [--tries 30] [--stages extract,transform,load]
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';
import { startTestRedis } from '@millrace/shared/testing/with-redis';
import Database from 'better-sqlite3';

import { endService, startService } from '../service-process.mjs';

const POLL_MS = 20;
const GIVE_UP_MS = 60_000;
/** The victim has worked for a random time up to this when it is killed: longer than a renewal takes to come. */
const WORK_MAX_MS = 3000;

const PIPELINE = `name: numbers
sources:
  numbers:
    type: csv
    path: data/numbers.csv
    tables: { numbers: { columns: { id: { type: integer }, note: { type: text } } } }
batch: { rows: ROWS_PER_BATCH }
models: { kept: { load: append } }
destination: { type: sqlite, path: out.db }
`;
const COPY = 'SELECT id, note FROM numbers\n';
const ENDLESS =
  'SELECT count(*) AS id FROM range(3000000) a, range(3000000) b WHERE hash(a.range, b.range) = 1\n';

/** What makes the task of each stage last: many small files, an endless model, a database that others have locked. */
const STAGES = {
  extract: {
    services: ['extractor'],
    task: 'extract-numbers-00001',
    rows: 400_000,
    perBatch: 10,
    model: COPY,
  },
  transform: {
    services: ['extractor', 'transformer'],
    task: 'model-kept',
    rows: 10,
    perBatch: 10,
    model: ENDLESS,
  },
  load: {
    services: ['extractor', 'transformer', 'loader'],
    task: 'load-1',
    rows: 10,
    perBatch: 10,
    model: COPY,
  },
};

const { values } = parseArgs({
  options: {
    tries: { type: 'string', default: '30' },
    stages: { type: 'string', default: Object.keys(STAGES).join(',') },
  },
});

const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-bench-')));
const redis = await startTestRedis(process.env);
const client = await connectOrFail(redis.url);
try {
  console.log(`node ${process.version}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  console.log('| stage | tries | median s | least s | most s |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const stage of values.stages.split(',')) {
    const seconds = [];
    for (let index = 0; index < Number(values.tries); index += 1) seconds.push(await recover(stage));
    seconds.sort((a, b) => a - b);
    const cells = [seconds[Math.floor(seconds.length / 2)], seconds[0], seconds.at(-1)];
    console.log(`| ${[stage, seconds.length, ...cells.map((cell) => cell?.toFixed(1))].join(' | ')} |`);
  }
  console.log(`load at the end ${loadavg()[0]?.toFixed(1)}`);
} finally {
  client.disconnect();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}

/** @returns seconds from the kill to the start of the task in another worker */
async function recover(stage) {
  const { services, task } = STAGES[stage];
  const home = path.join(folder, randomBytes(4).toString('hex'));
  const prefix = `{${path.basename(home)}}`;
  const environment = {
    ...process.env,
    REDIS_URL: redis.url,
    MILLRACE_HOME: home,
    MILLRACE_QUEUE_PREFIX: prefix,
    MILLRACE_THREADS: '1',
  };
  const workers = await Promise.all(services.map((service) => startService(service, environment)));
  const release = stage === 'load' ? await lockDestination(home) : () => undefined;
  try {
    const key = `${prefix}:${stage}:${await request(home, prefix, STAGES[stage])}.${task}.g1`;
    const startedAt = await changed(key, null);
    const [victim, service] = [workers.at(-1), services.at(-1)];
    workers.push(await startService(service, environment));
    await delay(Math.random() * WORK_MAX_MS);
    const killedAt = Date.now();
    await endService(victim);
    return ((await changed(key, startedAt)) - killedAt) / 1000;
  } finally {
    await Promise.all(workers.map(endService));
    release();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function request(home, prefix, { rows, perBatch, model }) {
  const pipeline = path.join(home, 'numbers');
  await mkdir(path.join(pipeline, 'data'), { recursive: true });
  await mkdir(path.join(pipeline, 'models'));
  await writeFile(path.join(pipeline, 'pipeline.yml'), PIPELINE.replace('ROWS_PER_BATCH', String(perBatch)));
  await writeFile(path.join(pipeline, 'models/kept.sql'), model);
  const lines = Array.from({ length: rows }, (_, id) => `${id},note ${id}`);
  await writeFile(path.join(pipeline, 'data/numbers.csv'), `id,note\n${lines.join('\n')}\n`);
  const bucket = await openFolderBucket(path.join(home, 'bucket'));
  const queue = await connectQueue({ redisUrl: redis.url, prefix, attempts: 5 });
  const deployed = await deployFolder(bucket, pipeline);
  const { run } = await requestRun(bucket, queue, { ...deployed, trigger: 'cli', key: null });
  await queue.close();
  return run;
}

/** As a tool with an open transaction does. */
async function lockDestination(home) {
  await mkdir(path.join(home, 'numbers'), { recursive: true });
  const db = new Database(path.join(home, 'numbers/out.db'));
  db.pragma('journal_mode = WAL');
  db.exec('BEGIN IMMEDIATE');
  return () => db.close();
}

/** When the job was last started, in ms since 1970, once that is something else than `before`. */
async function changed(key, before) {
  const deadline = Date.now() + GIVE_UP_MS;
  while (Date.now() < deadline) {
    const processedOn = await client.hget(key, 'processedOn');
    if (processedOn !== null && Number(processedOn) !== before) return Number(processedOn);
    await delay(POLL_MS);
  }
  throw new Error(`${key} was not started within ${GIVE_UP_MS} ms.`);
}
