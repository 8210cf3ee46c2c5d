import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { Plan } from '../core/plan.ts';
import { makeManifest, makePlan, makeRequest } from '../testing/make-plan.ts';
import type { Bucket } from '../ports/bucket.ts';
import { createLogger } from './logger.ts';
import { createHoldJob } from './hold-job.ts';
import { setPause } from './pause.ts';
import { createRunStore, type RunStore } from './run-store.ts';
import { createWaiting } from './waiting.ts';

const LIMITS = { outstandingBytes: 1000, minFreeBytes: 0 };
const OLDEST = '20261122T060000-00000001';
const MIDDLE = '20261122T060000-00000002';
const NEWEST = '20261122T070000-00000000';

let folder: string;
let bucket: Bucket;
let store: RunStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-waiting-'));
  bucket = await openFolderBucket(folder);
  store = createRunStore(bucket);
});
afterEach(() => rm(folder, { recursive: true }));

/** A run with a plan; `pipeline` of its own, so that one can be paused. */
async function plannedRun(run: string, pipeline = 'shop'): Promise<Plan> {
  const plan = makePlan({ run, pipeline });
  await bucket.createIfAbsent(bucketLayout.request(run), writeJson(makeRequest(plan)));
  await store.commitPlan(plan);
  return plan;
}

async function commit(plan: Plan, task: number, bytes: number, reused = false): Promise<void> {
  const { id } = plan.tasks[task] ?? { id: '' };
  const batch = { key: `k${bytes}`, format: 'parquet', rows: 1, bytes, sha256: 'f'.repeat(64) } as const;
  const manifest = makeManifest(plan, id, {
    outputs: [{ table: 'orders', columns: [], batches: [batch], rows: 1 }],
    extracted: {
      files: [],
      rejects: { records: 0, byReason: {}, batches: [] },
      fingerprint: null,
      reused: reused ? { run: 'r', task: 't' } : null,
    },
  });
  await store.commitManifest(manifest);
}

const message = (run: string, task: string) =>
  ({ v: 1, type: 'task_ready', run, round: 1, task, generation: 1 }) as const;
const EXTRACT = 'extract-orders-00001';
/** Asked anew: what is outstanding is remembered for a moment. */
const waitOf = async (run: string, task = EXTRACT) =>
  (await createWaiting(bucket, store, LIMITS).ofJob(message(run, task)))?.reason ?? null;
const pause = (pipeline: string, paused: boolean) =>
  setPause(bucket, pipeline, { paused, by: 'ann@host', reason: null });

describe('what older runs hold', () => {
  it('is what their own manifests name, as long as they have not ended', async () => {
    const [oldest, middle] = [await plannedRun(OLDEST), await plannedRun(MIDDLE)];
    await plannedRun(NEWEST);
    await commit(oldest, 0, 600);
    await commit(middle, 0, 399);
    await commit(middle, 1, 500, true);
    expect(await waitOf(NEWEST)).toBeNull();
    await commit(middle, 2, 1);
    expect(await Promise.all([OLDEST, MIDDLE, NEWEST].map((run) => waitOf(run)))).toEqual([
      null,
      null,
      'outstanding_bytes',
    ]);
    await store.decide({ v: 1, run: MIDDLE, decision: 'cancel', by: 'ann', decidedAt: '' });
    expect(await waitOf(NEWEST)).toBeNull();
  });

  it('counts again for a failed run that is retried, and no more for a published one', async () => {
    const plan = await plannedRun(OLDEST);
    await plannedRun(NEWEST);
    await commit(plan, 0, 1000);
    expect(await waitOf(NEWEST)).toBe('outstanding_bytes');
    const error = { code: 'reject_limit', message: 'Many.', where: null, hint: null } as const;
    const ended = { task: null, error, attempts: 1, worker: 'w', failedAt: '' };
    await store.commitFailure({ v: 1, run: OLDEST, round: 1, ...ended });
    expect(await waitOf(NEWEST)).toBeNull();
    await store.commitRetry({ v: 1, run: OLDEST, round: 2, by: 'ann', retriedAt: '' });
    expect(await waitOf(NEWEST)).toBe('outstanding_bytes');
    for (const task of plan.tasks.slice(1)) await store.commitManifest(makeManifest(plan, task.id));
    expect(await waitOf(NEWEST)).toBeNull();
  });

  it('does not count while the pipeline of the older run is paused', async () => {
    await commit(await plannedRun(OLDEST, 'other'), 0, 1000);
    await plannedRun(NEWEST);
    await pause('other', true);
    expect(await waitOf(NEWEST)).toBeNull();
    await pause('other', false);
    expect(await waitOf(NEWEST)).toBe('outstanding_bytes');
  });

  it('passes over a run whose files cannot be read', async () => {
    await plannedRun(NEWEST);
    await bucket.createIfAbsent(bucketLayout.request(OLDEST), new TextEncoder().encode('{"v":1'));
    expect(await waitOf(NEWEST)).toBeNull();
  });
});

describe('a job of a paused pipeline', () => {
  it('waits, unless its round is over or its run is being published', async () => {
    for (const run of [OLDEST, MIDDLE, NEWEST]) await plannedRun(run);
    await pause('shop', true);
    const load = makePlan().tasks.find(({ kind }) => kind === 'load')?.id ?? '';
    expect(await waitOf(OLDEST, 'model-daily')).toBe('pipeline_paused');
    expect(await waitOf(MIDDLE, load)).toBe('pipeline_paused');
    await store.decide({ v: 1, run: MIDDLE, decision: 'publish', by: 'w', decidedAt: '' });
    expect(await waitOf(MIDDLE, load)).toBeNull();
    await store.commitRetry({ v: 1, run: OLDEST, round: 2, by: 'ann', retriedAt: '' });
    expect(await waitOf(OLDEST)).toBeNull();
  });

  it('is put aside for a moment, many of them one after another, and the log says why once', async () => {
    await plannedRun(NEWEST);
    await pause('shop', true);
    const lines: Record<string, unknown>[] = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
    const hold = createHoldJob(createWaiting(bucket, store, LIMITS));
    const logger = createLogger({ logLevel: 'info' }, 'extract', { write });
    const delays: number[] = [];
    for (let job = 0; job < 400; job += 1) {
      const outcome = await hold(message(NEWEST, EXTRACT), logger);
      if (outcome?.kind === 'delay') delays.push(outcome.delayMs);
    }
    expect(delays).toHaveLength(400);
    expect(delays[0]).toBe(1000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1000 + 400 * 5);
    expect(lines).toMatchObject([
      { reason: 'pipeline_paused', msg: expect.stringContaining('ann@host') as string },
    ]);
    await pause('shop', false);
    expect(await hold(message(NEWEST, EXTRACT), logger)).toBeNull();
  });
});

describe('setPause', () => {
  it('keeps who said it first, and mends a file that cannot be read', async () => {
    const { pause: first } = await pause('shop', true);
    expect(await setPause(bucket, 'shop', { paused: true, by: 'bob@host', reason: 'again' })).toEqual({
      pause: first,
      changed: false,
    });
    await bucket.replace(bucketLayout.paused('shop'), new TextEncoder().encode('{'));
    await expect(waitOf(NEWEST)).resolves.toBeNull();
    expect(await pause('shop', false)).toMatchObject({ changed: true });
    expect(await pause('shop', false)).toMatchObject({ changed: false });
  });
});
