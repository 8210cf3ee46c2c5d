import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { Bucket } from '../ports/bucket.ts';
import { makeManifest, makePlan, makeRequest } from '../testing/make-plan.ts';
import { createRunStore, type RunStore } from './run-store.ts';

const plan = makePlan();
let folder: string;
let bucket: Bucket;
let store: RunStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-store-'));
  bucket = await openFolderBucket(folder);
  store = createRunStore(bucket);
  await bucket.createIfAbsent(bucketLayout.request(plan.run), writeJson(makeRequest(plan)));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a run store', () => {
  it('reads back what was committed', async () => {
    expect((await store.load(plan.run)).status).toBe('requested');
    expect(await store.commitPlan(plan)).toBe(true);
    const manifest = makeManifest(plan, 'extract-orders-00001');
    expect(await store.commitManifest(manifest)).toBe(true);
    const state = await createRunStore(bucket).load(plan.run);
    expect(state.plan).toEqual(plan);
    expect(state.manifests.get('extract-orders-00001')).toEqual(manifest);
    expect(state.status).toBe('extracting');
  });

  it('keeps the first manifest of a task; the second committer learns that it lost', async () => {
    await store.commitPlan(plan);
    await store.commitManifest(makeManifest(plan, 'model-daily', { attempt: 'first000' }));
    const second = await store.commitManifest(makeManifest(plan, 'model-daily', { attempt: 'second00' }));
    expect(second).toBe(false);
    expect((await store.manifest(plan.run, 'model-daily'))?.attempt).toBe('first000');
  });

  it('sees a task committed by another process', async () => {
    await store.commitPlan(plan);
    expect(await store.manifest(plan.run, 'model-daily')).toBeNull();
    await createRunStore(bucket).commitManifest(makeManifest(plan, 'model-daily'));
    expect(await store.manifest(plan.run, 'model-daily')).not.toBeNull();
    expect([...(await store.done(plan.run))]).toEqual(['model-daily']);
  });

  it('refuses a plan of a newer version instead of misreading it, and says that a retry can help', async () => {
    await bucket.createIfAbsent(bucketLayout.plan(plan.run), writeJson({ ...plan, v: 2, surprise: true }));
    await expect(store.plan(plan.run)).rejects.toMatchObject({ code: 'message_too_new', retry: 'may_help' });
  });

  it('refuses a manifest with a field it does not know', async () => {
    const odd = { ...makeManifest(plan, 'model-daily'), extra: 1 };
    await bucket.createIfAbsent(bucketLayout.manifest(plan.run, 'model-daily'), writeJson(odd));
    await expect(store.manifest(plan.run, 'model-daily')).rejects.toMatchObject({ code: 'message_invalid' });
  });

  it('refuses files that have changed places, naming the one that it asked for', async () => {
    const other = { ...plan, run: '20261122T060000-0000000b' };
    const bytes = writeJson(other);
    await bucket.createIfAbsent(bucketLayout.plan(plan.run), bytes);
    await expect(store.plan(plan.run)).rejects.toMatchObject({
      code: 'record_corrupt',
      where: bucketLayout.plan(plan.run),
      message: expect.stringContaining(other.run) as string,
    });
    const task = 'extract-orders-00001';
    const swapped = [makeManifest(other, task), makeManifest(plan, 'extract-orders-00002')];
    for (const [index, manifest] of swapped.entries()) {
      const id = `${task.slice(0, -1)}${index + 3}`;
      await bucket.createIfAbsent(bucketLayout.manifest(plan.run, id), writeJson(manifest));
      await expect(store.manifest(plan.run, id)).rejects.toMatchObject({ code: 'record_corrupt' });
    }
  });

  it('refuses a pipeline folder that is not the one of its hash', async () => {
    const hash = '0'.repeat(64);
    const bundle = { v: 1, pipeline: 'shop', baseDir: '/', files: {} };
    await bucket.createIfAbsent(bucketLayout.bundle('shop', hash), writeJson(bundle));
    await expect(store.bundle('shop', hash)).rejects.toMatchObject({
      code: 'record_corrupt',
      where: bucketLayout.bundle('shop', hash),
    });
  });

  it('reads the manifests of a large run without opening all files at once', async () => {
    const tasks = Array.from({ length: 100 }, (_, index) => `extract-orders-${index}`);
    for (const task of tasks) await store.commitManifest(makeManifest(plan, task));
    let [open, most] = [0, 0];
    const counting: Bucket = {
      ...bucket,
      async read(key) {
        most = Math.max(most, (open += 1));
        return bucket.read(key).finally(() => (open -= 1));
      },
    };
    const found = await createRunStore(counting).manifests(plan.run, [...tasks, 'not-done']);
    expect([...found.keys()]).toEqual(tasks);
    expect(most).toBeLessThan(32);
  });

  it('does not keep all large runs that it has seen in memory', async () => {
    let reads = 0;
    const counted = createRunStore({
      ...bucket,
      read(key) {
        reads += 1;
        return bucket.read(key);
      },
    });
    const inputs = Array.from({ length: 15_000 }, () => plan.inputs[0] ?? expect.fail());
    const [one, two] = ['20261122T060000-00000001', '20261122T060000-00000002'] as const;
    for (const run of [one, two]) await store.commitPlan({ ...plan, run, inputs });
    for (const run of [one, one, two, two, one]) await counted.plan(run);
    expect(reads).toBe(3);
  });

  it('asks once for each task that is done, however often it is asked', async () => {
    const tasks = ['extract-orders-00001', 'extract-orders-00002', 'extract-customers-00001'];
    let asked = 0;
    const counting: Bucket = {
      ...bucket,
      exists(key) {
        asked += 1;
        return bucket.exists(key);
      },
    };
    const counted = createRunStore(counting);
    expect(await counted.areDone(plan.run, tasks)).toBe(false);
    for (const task of tasks) {
      await store.commitManifest(makeManifest(plan, task));
      expect(await counted.areDone(plan.run, tasks)).toBe(task === tasks.at(-1));
    }
    expect(asked).toBe(1 + 2 + 2 + 1);
  });

  it('guesses which run was meant', async () => {
    await expect(store.load(`${plan.run.slice(0, -1)}e`)).rejects.toMatchObject({
      code: 'run_not_found',
      message: expect.stringContaining(`Did you mean '${plan.run}'?`) as string,
    });
  });
});
