import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { Bucket } from '../ports/bucket.ts';
import { makeManifest, makePlan } from '../testing/make-plan.ts';
import { openPlanMemory, rememberExtract, rememberFiles } from './plan-memory.ts';
import { createRunStore } from './run-store.ts';
import { CODE_VERSION } from './version.ts';

const FINGERPRINT = 'b'.repeat(64);
const plan = makePlan({ codeVersion: CODE_VERSION });
const TASK = 'extract-orders-00001';
const read = (run: string, reused: { run: string; task: string } | null = null) => ({
  ...makeManifest({ ...plan, run }, TASK),
  extracted: {
    files: [],
    rejects: { records: 0, byReason: {}, batches: [] },
    fingerprint: FINGERPRINT,
    reused,
  },
});

let folder: string;
let bucket: Bucket;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-memory-'));
  bucket = await openFolderBucket(folder);
});
afterEach(() => rm(folder, { recursive: true }));

async function commit(manifest: ReturnType<typeof read>): Promise<void> {
  await createRunStore(bucket).commitManifest(manifest);
  await rememberExtract(bucket, { ...plan, run: manifest.run }, manifest);
}
const find = () => openPlanMemory(bucket, plan.pipeline).extract(FINGERPRINT);

describe('the memory of what was read', () => {
  it('names the newest task that read it', async () => {
    expect(await find()).toBeNull();
    await commit(read('20261122T060000-00000001'));
    await commit(read('20261122T070000-00000002'));
    expect(await find()).toEqual({ run: '20261122T070000-00000002', task: TASK });
  });

  it('goes on naming the task that read it, whoever takes that over', async () => {
    const first = { run: '20261122T060000-00000001', task: TASK };
    await commit(read(first.run));
    await commit(read('20261122T070000-00000002', first));
    expect(await find()).toEqual(first);
  });

  it('knows nothing of a run that was removed, and then of the next that reads', async () => {
    await commit(read('20261122T060000-00000001'));
    await rm(path.join(folder, bucketLayout.run('20261122T060000-00000001')), { recursive: true });
    expect(await find()).toBeNull();
    await commit(read('20261122T070000-00000002'));
    expect((await find())?.run).toBe('20261122T070000-00000002');
  });

  it('has nothing of a task whose inputs changed while it read', async () => {
    const manifest = read('20261122T060000-00000001');
    await commit({ ...manifest, extracted: { ...manifest.extracted, fingerprint: null as never } });
    expect(await find()).toBeNull();
  });
});

describe('the memory of files', () => {
  it('gives what was found, as long as the source is read in the same way', async () => {
    await rememberFiles(bucket, plan);
    const memory = openPlanMemory(bucket, plan.pipeline);
    const [source] = plan.sources;
    if (source === undefined) throw new Error('The plan changed.');
    const files = await memory.files(source);
    expect([...files.keys()]).toEqual(['/data/orders-1.json', '/data/orders-2.json']);
    expect(files.get('/data/orders-1.json')).toMatchObject({ sha256: '0'.repeat(64), inode: '1' });
    expect((await memory.files({ ...source, records: ['data'] })).size).toBe(0);
  });
});
