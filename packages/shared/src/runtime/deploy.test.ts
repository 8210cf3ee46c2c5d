import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { Bucket } from '../ports/bucket.ts';
import { bundleHash, deployFolder, findDeployed } from './deploy.ts';
import { createRunStore } from './run-store.ts';

const PIPELINE = `name: shop
sources:
  orders: { type: json, path: orders.json, tables: { orders: {} } }
models:
  counts: { load: append }
destination: { type: sqlite, path: out.db }
`;

let folder: string;
let bucket: Bucket;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-deploy-'));
  bucket = await openFolderBucket(path.join(folder, 'bucket'));
  await mkdir(path.join(folder, 'shop/models'), { recursive: true });
  await writeFile(path.join(folder, 'shop/pipeline.yml'), PIPELINE);
  await writeFile(path.join(folder, 'shop/models/counts.sql'), 'SELECT 1 AS n');
});
afterEach(() => rm(folder, { recursive: true }));

const deploy = () => deployFolder(bucket, path.join(folder, 'shop'));

describe('deploying a folder', () => {
  it('keeps it under the hash of its content, and names it as the newest', async () => {
    const first = await deploy();
    expect(await deploy()).toEqual(first);
    expect(await findDeployed(bucket, 'shop')).toEqual(first);
    const kept = await createRunStore(bucket).bundle('shop', first.bundle);
    expect(bundleHash(kept)).toBe(first.bundle);
    expect(kept.files['models/counts.sql']).toBe('SELECT 1 AS n');
  });

  it('keeps what earlier runs used when the folder is edited', async () => {
    const first = await deploy();
    await writeFile(path.join(folder, 'shop/models/counts.sql'), 'SELECT 2 AS n');
    const second = await deploy();
    expect(second.bundle).not.toBe(first.bundle);
    expect(await findDeployed(bucket, 'shop')).toEqual(second);
    const kept = await createRunStore(bucket).bundle('shop', first.bundle);
    expect(kept.files['models/counts.sql']).toBe('SELECT 1 AS n');
  });

  it('finds nothing where nothing was deployed, and refuses a pointer it does not know', async () => {
    expect(await findDeployed(bucket, 'shop')).toBeNull();
    await bucket.replace(bucketLayout.deployed('shop'), writeJson({ v: 2, bundle: 'x' }));
    await expect(findDeployed(bucket, 'shop')).rejects.toMatchObject({ code: 'message_too_new' });
    await bucket.replace(bucketLayout.deployed('shop'), writeJson({ v: 1, bundel: 'x' }));
    await expect(findDeployed(bucket, 'shop')).rejects.toMatchObject({ code: 'message_invalid' });
  });
});
