import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import type { BatchReference } from '../core/batch.ts';
import type { Bucket } from '../ports/bucket.ts';
import { openFolderBucket } from './bucket-folder.ts';
import { overBatches } from './open-batches.ts';

const CONTENT = Buffer.from('rows');
const batch: BatchReference = {
  key: 'rows.parquet',
  format: 'parquet',
  rows: 1,
  bytes: CONTENT.length,
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
};
const { signal } = new AbortController();

let folder: string;
let bucket: Bucket;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-batches-'));
  bucket = await openFolderBucket(folder);
  await bucket.createIfAbsent(batch.key, CONTENT);
});
afterEach(() => rm(folder, { recursive: true }));

it('work over objects that are damaged meanwhile fails with their name, whatever it says itself', async () => {
  const work = async () => {
    await writeFile(path.join(folder, batch.key), 'rowz');
    throw new Error('Out of buffer');
  };
  await expect(overBatches(bucket, [batch], signal, work)).rejects.toMatchObject({
    code: 'batch_corrupt',
    where: expect.stringContaining(batch.key) as string,
  });
});

it('work that fails over whole objects fails with what it says', async () => {
  const work = () => Promise.reject(new Error('Out of memory'));
  await expect(overBatches(bucket, [batch], signal, work)).rejects.toThrow('Out of memory');
});
