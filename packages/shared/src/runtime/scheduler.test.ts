import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import type { DeployedFile } from '../contracts/deployed-v1.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { Job, TaskQueue } from '../ports/queue.ts';
import { createRunStore } from './run-store.ts';
import { createScheduler } from './scheduler.ts';
import { setSchedulePause } from './pause.ts';

const SINCE = '2026-11-22T05:30:00.000Z';
const HOURLY = { cron: '0 * * * *', timeZone: 'UTC', overlap: false, since: SINCE };

let folder: string;
let bucket: Bucket;
let jobs: Job[];
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-scheduler-'));
  bucket = await openFolderBucket(folder);
  jobs = [];
  warnings = [];
  await deploy('shop', HOURLY);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const deploy = (pipeline: string, schedule: DeployedFile['schedule']) =>
  bucket.replace(bucketLayout.deployed(pipeline), writeJson({ v: 1, bundle: 'b'.repeat(64), schedule }));

/** A scheduler of its own, as each worker has one. */
function scheduler() {
  // Only what is added matters: a schedule keeps nothing in the queue.
  const queue = { add: (_stage: string, added: readonly Job[]) => Promise.resolve(void jobs.push(...added)) };
  const logger = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  return createScheduler({ bucket, queue: queue as unknown as TaskQueue, logger });
}

const requests = async () => {
  const store = createRunStore(bucket);
  return Promise.all((await store.list()).map((run) => store.request(run)));
};
const end = async (run: string | undefined) =>
  bucket.createIfAbsent(
    bucketLayout.decision(run ?? ''),
    writeJson({ v: 1, run, decision: 'cancel', by: 'a test', decidedAt: SINCE, reason: null }),
  );

it('requests nothing before the first time', async () => {
  await scheduler().requestDue('2026-11-22T05:59:59.999Z');
  expect(await requests()).toEqual([]);
});

it('requests one run of a time, however many look at once and however often', async () => {
  const workers = Array.from({ length: 8 }, scheduler);
  for (let turn = 0; turn < 3; turn += 1)
    await Promise.all(workers.map((worker) => worker.requestDue('2026-11-22T06:00:00.000Z')));
  expect(await requests()).toMatchObject([
    { pipeline: 'shop', trigger: 'schedule', key: 'schedule 2026-11-22T06:00:00.000Z' },
  ]);
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
});

it('lets a time wait for the run before, and makes up for the newest only', async () => {
  const worker = scheduler();
  await worker.requestDue('2026-11-22T06:00:00.000Z');
  const [first] = await requests();
  await worker.requestDue('2026-11-22T07:00:00.000Z');
  await worker.requestDue('2026-11-22T09:10:00.000Z');
  expect(await requests()).toHaveLength(1);
  await end(first?.run);
  await worker.requestDue('2026-11-22T09:10:01.000Z');
  const keys = (await requests()).map((request) => request?.key).sort();
  expect(keys).toEqual(['schedule 2026-11-22T06:00:00.000Z', 'schedule 2026-11-22T09:00:00.000Z']);
});

it('does not wait where runs may overlap', async () => {
  await deploy('shop', { ...HOURLY, overlap: true });
  const worker = scheduler();
  await worker.requestDue('2026-11-22T06:00:00.000Z');
  await worker.requestDue('2026-11-22T07:00:00.000Z');
  expect(await requests()).toHaveLength(2);
});

it('completes a request whose worker ended between its key and its file', async () => {
  await scheduler().requestDue('2026-11-22T06:00:00.000Z');
  const [first] = await requests();
  await rm(path.join(folder, bucketLayout.request(first?.run ?? '')));
  await scheduler().requestDue('2026-11-22T06:00:05.000Z');
  expect(await requests()).toEqual([first]);
});

it('looks at the others when the schedule of one cannot be read, and says it once', async () => {
  await bucket.replace(bucketLayout.deployed('broken'), Buffer.from('{}'));
  const worker = scheduler();
  await worker.requestDue('2026-11-22T06:00:00.000Z');
  await worker.requestDue('2026-11-22T06:00:05.000Z');
  expect(await requests()).toHaveLength(1);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('pipelines/broken/deployed.json');
});

it('does not make up for times at which it was paused', async () => {
  await setSchedulePause(bucket, 'shop', { paused: true, by: 'ann', reason: null });
  await scheduler().requestDue('2026-11-22T06:00:00.000Z');
  expect(await requests()).toEqual([]);
});
