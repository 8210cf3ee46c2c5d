import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { startConsumer } from '../adapters/bullmq-consumer.ts';
import { connectQueue } from '../adapters/bullmq-queue.ts';
import { connectOrFail, connectPatiently } from '../adapters/redis-connection.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout, jobId } from '../core/bucket-layout.ts';
import type { Stage } from '../core/task.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { TaskQueue } from '../ports/queue.ts';
import { makeManifest, makePlan, makeRequest } from '../testing/make-plan.ts';
import { startTestRedis, type TestRedis } from '../testing/with-redis.ts';
import { advanceRun } from './advance-run.ts';
import { createReconciler, type Reconciler } from './reconciler.ts';
import { requestRun } from './request-run.ts';
import { createRunStore, type RunStore } from './run-store.ts';

const plan = makePlan();
const request = makeRequest(plan);
const O1 = 'extract-orders-00001';

let redis: TestRedis;
let folder: string;
let bucket: Bucket;
let queue: TaskQueue;
let store: RunStore;
let reconciler: Reconciler;
let said: string[];

beforeAll(async () => {
  redis = await startTestRedis(process.env);
});
afterAll(() => redis.stop());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-reconciler-'));
  bucket = await openFolderBucket(folder);
  queue = await connectQueue({ redisUrl: redis.url, prefix: redis.prefix, attempts: 5 });
  store = createRunStore(bucket);
  said = [];
  reconciler = createReconciler(
    store,
    queue,
    'worker-1',
    pino({}, { write: (line) => void said.push(line) }),
  );
});
afterEach(async () => {
  await emptyRedis();
  await queue.close();
  await rm(folder, { recursive: true });
});

/** As `FLUSHALL` does, but only for this test's keys. */
async function emptyRedis(): Promise<void> {
  const connection = await connectOrFail(redis.url);
  const keys = await connection.keys(`${redis.prefix.replaceAll(/[{}[\]?*]/g, '?')}*`);
  if (keys.length > 0) await connection.del(...keys);
  connection.disconnect();
}

/** Takes all waiting extract jobs and ends them, as a worker would that did nothing. */
async function endJobs(how: 'completed' | 'failed'): Promise<void> {
  const connection = connectPatiently(redis.url);
  const consumer = await startConsumer({
    stage: 'extract',
    prefix: redis.prefix,
    redis: connection,
    process: () =>
      Promise.resolve(
        how === 'completed' ? { kind: 'done' } : { kind: 'fail', error: new Error('given up') },
      ),
    onError: () => undefined,
    onLockLost: () => undefined,
  });
  await expect.poll(async () => (await queue.depth('extract')).waiting).toBe(0);
  await consumer.close();
  connection.disconnect();
}

async function planned(): Promise<void> {
  await bucket.createIfAbsent(bucketLayout.request(plan.run), writeJson(request));
  await store.commitPlan(plan);
}

async function damagePlan(): Promise<void> {
  const content = await bucket.read(bucketLayout.plan(plan.run));
  await bucket.replace(bucketLayout.plan(plan.run), (content ?? expect.fail('no plan')).subarray(1));
}

const stateIn = async (stage: Stage, task: string, generation = 1) =>
  (await queue.states(stage, [jobId(plan.run, task, generation)]))[0];
const stateOf = (task: string, generation = 1) => stateIn('extract', task, generation);

describe('the reconciler', () => {
  it('adds the job of a request that was written but never enqueued', async () => {
    await bucket.createIfAbsent(bucketLayout.request(plan.run), writeJson(request));
    expect(await reconciler.reconcile()).toBe(1);
    expect(await stateOf('plan')).toBe('open');
    expect(await reconciler.reconcile()).toBe(0);
  });

  it('adds all jobs again after Redis was emptied, and none for tasks that are done', async () => {
    await planned();
    await advanceRun(store, queue, plan, { round: 1, committed: null });
    await store.commitManifest(makeManifest(plan, O1));
    await emptyRedis();
    expect(await reconciler.reconcile()).toBe(2);
    expect(await stateOf(O1)).toBe('missing');
    expect(await stateOf('extract-orders-00002')).toBe('open');
    expect(await stateOf('extract-customers-00001')).toBe('open');
  });

  it('adds what a worker could not enqueue that died right after its commit', async () => {
    await planned();
    await advanceRun(store, queue, plan, { round: 1, committed: null });
    for (const task of plan.tasks.filter(({ kind }) => kind === 'extract')) {
      await store.commitManifest(makeManifest(plan, task.id));
    }
    expect(await reconciler.reconcile()).toBe(1);
    expect(await stateIn('transform', 'model-daily')).toBe('open');
  });

  it('has a failed run recorded, and leaves an ended run alone', async () => {
    await planned();
    await store.commitFailure({
      v: 1,
      run: plan.run,
      round: 1,
      task: O1,
      error: { code: 'reject_limit', message: 'too many', where: null, hint: null },
      attempts: 1,
      worker: 'worker-1',
      failedAt: '2026-11-22T06:01:00.000Z',
    });
    expect(await reconciler.reconcile()).toBe(0);
    expect(await stateIn('load', 'ended')).toBe('open');
    expect(await stateOf('extract-orders-00002')).toBe('missing');
    await emptyRedis();
    await reconciler.reconcile();
    expect(await stateIn('load', 'ended')).toBe('open');
  });

  it('gives a job that ended without a manifest a next generation', async () => {
    await planned();
    await advanceRun(store, queue, plan, { round: 1, committed: null });
    await endJobs('completed');
    expect(await reconciler.reconcile()).toBe(3);
    expect(await stateOf(O1, 2)).toBe('open');
  });

  it('goes on with a failed run when it is retried, without minding what became of its earlier jobs', async () => {
    await planned();
    await advanceRun(store, queue, plan, { round: 1, committed: null });
    await endJobs('failed');
    await reconciler.reconcile();
    expect((await store.load(plan.run)).status).toBe('failed');
    await store.commitManifest(makeManifest(plan, O1));
    await store.commitRetry({
      v: 1,
      run: plan.run,
      round: 2,
      by: 'someone',
      retriedAt: '2026-11-22T07:00:00.000Z',
    });
    expect(await reconciler.reconcile()).toBe(2);
    expect((await store.load(plan.run)).status).toBe('extracting');
    const again = jobId(plan.run, 'extract-orders-00002', 1, 2);
    expect(await queue.states('extract', [again, jobId(plan.run, O1, 1, 2)])).toEqual(['open', 'missing']);
  });

  it('fails a run whose job was given up by the queue, which no worker could record', async () => {
    await planned();
    await advanceRun(store, queue, plan, { round: 1, committed: null });
    await endJobs('failed');
    await reconciler.reconcile();
    expect((await store.failure(plan.run))?.error.code).toBe('poison_task');
  });

  it('ends a run whose plan is damaged, whatever became of its jobs, and has it recorded', async () => {
    await planned();
    await damagePlan();
    expect(await reconciler.reconcile()).toBe(0);
    const state = await createRunStore(bucket).load(plan.run);
    expect(state).toMatchObject({ status: 'failed', plan: null });
    expect(state.failure?.error).toMatchObject({
      code: 'record_corrupt',
      where: bucketLayout.plan(plan.run),
    });
    expect(await stateIn('load', 'ended')).toBe('open');
    await emptyRedis();
    await reconciler.reconcile();
    expect(await stateIn('load', 'ended')).toBe('open');
  });

  it('leaves a run with a damaged plan alone that may be in its destination', async () => {
    await planned();
    await damagePlan();
    const decidedAt = '2026-11-22T06:01:00.000Z';
    await store.decide({ v: 1, run: plan.run, decision: 'publish', by: 'loader-1', decidedAt });
    await reconciler.reconcile();
    expect(await store.failure(plan.run)).toBeNull();
  });

  it.each([
    ['of a newer version', writeJson({ v: 2, run: '20991122T060000-0a1b2c3d' })],
    ['damaged', writeJson({ v: 1 }).subarray(1)],
  ])('looks at the other runs when the files of one are %s, and says so once', async (_, content) => {
    await planned();
    const newer = '20991122T060000-0a1b2c3d';
    await bucket.createIfAbsent(bucketLayout.request(newer), content);
    expect(await reconciler.reconcile()).toBe(3);
    await reconciler.reconcile();
    expect(said).toEqual(
      [expect.stringContaining('jobs were missing'), expect.stringContaining(newer)].reverse(),
    );
  });
});

describe('requestRun', () => {
  const wish = { pipeline: 'shop', bundle: plan.bundle, trigger: 'cli' } as const;

  it('gives one run for one key, however often and from however many at once', async () => {
    const wishes = Array.from({ length: 8 }, () => requestRun(bucket, queue, { ...wish, key: 'today' }));
    const answers = await Promise.all(wishes);
    expect(new Set(answers.map(({ run }) => run)).size).toBe(1);
    expect(answers.filter(({ already }) => !already)).toHaveLength(1);
    expect(await store.list()).toHaveLength(1);
  });

  it('gives another key, another pipeline and no key runs of their own', async () => {
    await requestRun(bucket, queue, { ...wish, key: 'today' });
    await requestRun(bucket, queue, { ...wish, key: 'tomorrow' });
    await requestRun(bucket, queue, { ...wish, pipeline: 'other', key: 'today' });
    await requestRun(bucket, queue, { ...wish, key: null });
    expect(await store.list()).toHaveLength(4);
  });
});
