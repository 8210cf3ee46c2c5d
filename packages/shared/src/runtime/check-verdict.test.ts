import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { connectQueue } from '../adapters/bullmq-queue.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { buildTasks } from '../core/build-tasks.ts';
import type { CheckResult, PlannedCheck } from '../core/check.ts';
import { ANY_BAD_ROW } from '../core/check-threshold.ts';
import type { Task } from '../core/task.ts';
import type { JobOutcome } from '../ports/job-consumer.ts';
import { makeManifest, makePlan, makeRequest } from '../testing/make-plan.ts';
import { startTestRedis, type TestRedis } from '../testing/with-redis.ts';
import { taskJob } from './advance-run.ts';
import { readConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { processJob } from './process-job.ts';
import { createRunStore } from './run-store.ts';
import type { ServiceTools } from './service-tools.ts';

const check: PlannedCheck = {
  id: 'orders.not_null.id',
  table: 'orders',
  reads: ['orders'],
  rule: { kind: 'not_null', column: 'id' },
  severity: 'error',
  errorIf: ANY_BAD_ROW,
  warnIf: ANY_BAD_ROW,
};
const unchecked = makePlan();
const extracts = unchecked.tasks.flatMap((task) =>
  task.kind === 'extract' ? [{ ...task, table: null }] : [],
);
const plan = makePlan({
  checks: [check],
  tasks: buildTasks(extracts, unchecked.models, [check], unchecked.destinations),
});
const { run } = plan;

let redis: TestRedis;
let folder: string;
let tools: ServiceTools;
beforeAll(async () => {
  redis = await startTestRedis(process.env);
});
afterAll(() => redis.stop());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-verdict-'));
  const bucket = await openFolderBucket(folder);
  tools = {
    bucket,
    store: createRunStore(bucket),
    queue: await connectQueue({ redisUrl: redis.url, prefix: redis.prefix, attempts: 5 }),
    worker: 'transform-1',
    logger: createLogger({ logLevel: 'info' }, 'transform', { write: () => undefined }),
    config: readConfig({}),
  };
  await bucket.createIfAbsent(bucketLayout.request(run), writeJson(makeRequest(plan)));
  await tools.store.commitPlan(plan);
});
afterEach(async () => {
  await tools.queue.close();
  await rm(folder, { recursive: true });
});

function taskNamed(id: string): Task {
  const task = plan.tasks.find((candidate) => candidate.id === id);
  if (task === undefined) throw new Error(`The plan has no task ${id}.`);
  return task;
}

/** As a worker leaves a run that dies right after it has committed what a check found: no verdict, nothing enqueued. */
async function commitBefore(task: Task, status: CheckResult['status']): Promise<void> {
  const bad = status === 'error' ? 3 : 0;
  const found: CheckResult = {
    check: check.id,
    table: 'orders',
    kind: 'not_null',
    severity: 'error',
    status,
    badRows: bad,
    rows: 4,
    message: `${bad} of 4 rows have no id`,
    failures: null,
  };
  const checked = { table: 'orders', results: [found], profile: { rows: 4, columns: [] } };
  for (const id of new Set([...task.dependsOn, 'check-orders'])) {
    await tools.store.commitManifest(makeManifest(plan, id, id === 'check-orders' ? { checked } : {}));
  }
}

/** Does a task as a worker does that finds its job in the queue. */
async function work(task: Task): Promise<{ outcome: JobOutcome; started: string[] }> {
  const started: string[] = [];
  const { id, message: data } = taskJob(run, task, 1, 1);
  const heartbeat = {
    begin: () => undefined,
    progress: () => undefined,
    heldUp: () => undefined,
    end: () => undefined,
  };
  const outcome = await processJob(
    {
      tools,
      heartbeat,
      hold: () => Promise.resolve(null),
      signal: new AbortController().signal,
      handleTask: ({ task: { id: begun } }) => {
        started.push(begun);
        return Promise.reject(new Error('was started'));
      },
      handleOther: () => Promise.reject(new Error('no other message')),
    },
    { id, data, attempt: 1, attempts: 5, outages: 0, stalls: 0, addedAtMs: 1 },
  );
  return { outcome, started };
}

describe('a worker killed between what a check found and its verdict lets nothing through', () => {
  it.each(['check-orders', 'model-daily', 'load-1'])('%s fails the run and is not started', async (id) => {
    const task = taskNamed(id);
    await commitBefore(task, 'error');
    const { outcome, started } = await work(task);
    expect(outcome).toMatchObject({ kind: 'fail', error: { code: 'check_failed' } });
    expect(started).toEqual([]);
    expect(await tools.store.failure(run)).toMatchObject({
      task: id,
      error: {
        code: 'check_failed',
        message: expect.stringContaining('orders.not_null.id: 3 of 4 rows have no id') as string,
      },
    });
    expect((await tools.store.load(run)).status).toBe('failed');
  });

  it('but what depends on a check that has passed is started', async () => {
    const task = taskNamed('model-daily');
    await commitBefore(task, 'pass');
    expect((await work(task)).started).toEqual(['model-daily']);
    expect(await tools.store.failure(run)).toBeNull();
  });
});
