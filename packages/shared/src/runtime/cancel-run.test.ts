import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { connectQueue } from '../adapters/bullmq-queue.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { fail } from '../core/errors.ts';
import type { ReceivedJob } from '../ports/job-consumer.ts';
import type { TaskHandler } from '../ports/task-handler.ts';
import { makeManifest, makePlan, makeRequest } from '../testing/make-plan.ts';
import { startTestRedis, type TestRedis } from '../testing/with-redis.ts';
import { taskJob } from './advance-run.ts';
import { cancelRun } from './cancel-run.ts';
import { readConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { processJob } from './process-job.ts';
import { createReconciler } from './reconciler.ts';
import { createRunStore, type RunStore } from './run-store.ts';
import type { ServiceTools } from './service-tools.ts';

const plan = makePlan();
const { run } = plan;
const [first] = plan.tasks;
if (first === undefined) throw new Error('The plan has no tasks.');

let redis: TestRedis;
let folder: string;
let tools: ServiceTools;
let store: RunStore;
let lines: { msg: string }[];
beforeAll(async () => {
  redis = await startTestRedis(process.env);
});
afterAll(() => redis.stop());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cancel-'));
  const bucket = await openFolderBucket(folder);
  store = createRunStore(bucket);
  lines = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as { msg: string });
  const logger = createLogger({ logLevel: 'info' }, 'extract', { write });
  const queue = await connectQueue({ redisUrl: redis.url, prefix: redis.prefix, attempts: 5 });
  tools = { bucket, store, queue, worker: 'extract-1', logger, config: readConfig({}) };
  await bucket.createIfAbsent(bucketLayout.request(run), writeJson(makeRequest(plan)));
  await store.commitPlan(plan);
});
afterEach(async () => {
  await tools.queue.close();
  await rm(folder, { recursive: true });
});

const { id, message } = taskJob(run, first, 1, 1);
const job: ReceivedJob = { id, data: message, attempt: 5, attempts: 5, outages: 0, stalls: 0, addedAtMs: 1 };

function work(handleTask: TaskHandler, signal = new AbortController().signal) {
  const heartbeat = {
    begin: () => undefined,
    progress: () => undefined,
    heldUp: () => undefined,
    end: () => undefined,
  };
  const handleOther = () => Promise.reject(new Error('no other message'));
  const hold = () => Promise.resolve(null);
  return processJob({ tools, heartbeat, hold, signal, handleTask, handleOther }, job);
}

/** Works until it is told to stop. */
const endless: TaskHandler = async ({ signal }) => {
  await delay(60_000, undefined, { signal });
  throw new Error('Was not told.');
};

describe('a cancellation', () => {
  it('is decided once, and repeating it changes nothing', async () => {
    const one = await cancelRun(store, run, 'ann');
    expect(one).toMatchObject({ already: false, decision: { by: 'ann' }, state: { status: 'planned' } });
    expect(await cancelRun(store, run, 'ben')).toMatchObject({ already: true, decision: { by: 'ann' } });
    expect((await store.load(run)).status).toBe('cancelled');
  });

  it('comes too late when a load has decided to publish, also in the moment between looking and deciding', async () => {
    const decidedAt = new Date().toISOString();
    const late: RunStore = {
      ...store,
      load: async (asked) => {
        const state = await store.load(asked);
        await store.decide({ v: 1, run, decision: 'publish', by: 'load-1', decidedAt });
        return state;
      },
    };
    await expect(cancelRun(late, run, 'ann')).rejects.toMatchObject({ code: 'cancel_impossible' });
    await expect(cancelRun(store, run, 'ann')).rejects.toMatchObject({ code: 'cancel_impossible' });
    expect((await store.load(run)).status).toBe('planned');
  });

  it('of a run that nobody knows is refused', async () => {
    await expect(cancelRun(store, 'nothing', 'ann')).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('of many at once is one', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map((who) => cancelRun(store, run, `user ${who}`)));
    expect(all.filter(({ already }) => !already)).toHaveLength(1);
    expect(new Set(all.map(({ decision }) => decision.by)).size).toBe(1);
  });
});

describe('a worker', () => {
  it('leaves a run soon after it was cancelled, and its job is done', async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    // Ends by itself only long after the time that this test has.
    const working = work((context) => {
      begin();
      return endless(context);
    });
    await begun;
    await cancelRun(store, run, 'ann');
    expect(await working).toEqual({ kind: 'done' });
    expect(lines.map(({ msg }) => msg).join()).toContain('broken off');
    expect(await store.failure(run, 1)).toBeNull();
  });

  it('does not start a task of a cancelled run', async () => {
    await cancelRun(store, run, 'ann');
    expect(await work(() => Promise.reject(new Error('was started')))).toEqual({ kind: 'done' });
    expect(lines.map(({ msg }) => msg)).toEqual(['skipped: the run was cancelled']);
  });

  it('that finishes a task of a run that was just cancelled enqueues nothing', async () => {
    const done = makeManifest(plan, first.id);
    await work(async () => {
      await cancelRun(store, run, 'ann');
      return { outputs: done.outputs, extracted: null, loaded: null };
    }).catch(() => undefined);
    const jobs = plan.tasks.map((task) => taskJob(run, task, 1, 1).id);
    for (const stage of ['extract', 'transform', 'load'] as const)
      expect(new Set(await tools.queue.states(stage, jobs))).toEqual(new Set(['missing']));
  });

  it('whose last try fails while the run is cancelled records no failure', async () => {
    const outcome = await work(async () => {
      await cancelRun(store, run, 'ann');
      throw fail('source_changed', { message: 'Changed.' });
    });
    expect(outcome).toEqual({ kind: 'done' });
    expect(await store.failure(run, 1)).toBeNull();
  });

  it('that must stop hands its job back, although its run may be cancelled as well', async () => {
    const stopping = new AbortController();
    const working = work(endless, stopping.signal);
    stopping.abort();
    expect(await working).toEqual({ kind: 'hand_back' });
  });

  it('whose try fails after another has committed the task ends nothing', async () => {
    const outcome = await work(async () => {
      await store.commitManifest(makeManifest(plan, first.id, { extracted: null }));
      throw fail('file_format', { message: 'Read half of it.' });
    });
    expect(outcome).toEqual({ kind: 'done' });
    expect(await store.failure(run, 1)).toBeNull();
    expect(lines.map(({ msg }) => msg).join()).toContain('fenced');
  });
});

it('the reconciler adds no task of a cancelled run, but the job that records it', async () => {
  await cancelRun(store, run, 'ann');
  const reconciler = createReconciler(store, tools.queue, 'worker-1', tools.logger);
  expect(await reconciler.reconcile()).toBe(0);
  expect(await tools.queue.depth('extract')).toEqual({ waiting: 0, running: 0 });
  expect(await tools.queue.depth('load')).toEqual({ waiting: 1, running: 0 });
});
