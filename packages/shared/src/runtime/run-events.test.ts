import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { makeManifest, makePlan, makeRequest } from '../testing/make-plan.ts';
import { openRunEvents } from './run-events.ts';
import { createRunStore, type RunStore } from './run-store.ts';

const plan = makePlan();
const { run } = plan;
const taskNamed = (id: string) => plan.tasks.find((task) => task.id === id) ?? expect.fail(`no task ${id}`);

let folder: string;
let store: RunStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-events-'));
  const bucket = await openFolderBucket(path.join(folder, 'bucket'));
  store = createRunStore(bucket);
  await bucket.createIfAbsent(bucketLayout.request(run), writeJson(makeRequest(plan)));
  await store.commitPlan(plan);
});
afterEach(() => rm(folder, { recursive: true }));

/** A round of the run failed with this task, and a person has begun the next one. */
async function retryAfter(task: string): Promise<void> {
  const error = { code: 'internal', message: 'x', where: null, hint: null } as const;
  const failedAt = '2026-11-22T07:00:00.000Z';
  await store.commitFailure({ v: 1, run, round: 1, task, error, attempts: 1, worker: 'w', failedAt });
  await store.commitRetry({ v: 1, run, round: 2, by: 'ann', retriedAt: '2026-11-22T08:00:00.000Z' });
}

/** What one worker tells that begins these tasks in the second round, and sees the run end. */
async function tell(name: string, ...tasks: string[]): Promise<string[]> {
  const file = path.join(folder, `${name}.ndjson`);
  const events = openRunEvents({ eventsTo: file, webhookUrl: null }, store, {
    warn: (line: unknown) => expect.fail(JSON.stringify(line)),
  });
  for (const task of tasks) events?.taskStarted(plan, taskNamed(task), 2);
  events?.ended(run);
  await events?.close();
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { eventType, job } = JSON.parse(line) as { eventType: string; job: { name: string } };
    return `${eventType} ${job.name}`;
  });
}

test('the start of a retry is told once, by who tries the task again that had failed, before anything else', async () => {
  await retryAfter('model-daily');
  expect(await tell('other', 'extract-customers-00001', 'model-best')).toEqual(['START shop.model-best']);
  expect(await tell('own', 'model-daily', 'model-best')).toEqual([
    'START shop',
    'START shop.model-daily',
    'START shop.model-best',
  ]);
});

test('of a task that is not tried again, because it has failed for what it found, every worker tells it once', async () => {
  await store.commitManifest(makeManifest(plan, 'extract-orders-00001'));
  await retryAfter('extract-orders-00001');
  expect(await tell('one', 'model-daily', 'model-best')).toEqual([
    'START shop',
    'START shop.model-daily',
    'START shop.model-best',
  ]);
});
