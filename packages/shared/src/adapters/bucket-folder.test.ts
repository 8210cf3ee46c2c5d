import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import { testBucket } from '../testing/bucket-contract.ts';
import { openFolderBucket } from './bucket-folder.ts';

testBucket('a bucket in a folder', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bucket-'));
  return {
    open: () => openFolderBucket(folder),
    teardown: () => rm(folder, { recursive: true, force: true }),
  };
});

it('leaves no temporary file behind, whether a creator won or lost', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bucket-'));
  try {
    const bucket = await openFolderBucket(folder);
    await bucket.createIfAbsent('a.json', new Uint8Array());
    await bucket.createIfAbsent('a.json', new Uint8Array());
    expect(await readdir(folder)).toEqual(['a.json']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('names the folder it cannot make, and what to check', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bucket-'));
  try {
    await writeFile(path.join(folder, 'file'), '');
    const inFile = path.join(folder, 'file', 'bucket');
    await expect(openFolderBucket(inFile)).rejects.toMatchObject({
      code: 'bucket_unavailable',
      where: inFile,
      hint: expect.stringContaining('MILLRACE_BUCKET') as string,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
