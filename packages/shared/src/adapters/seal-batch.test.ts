import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import { openFolderBucket } from './bucket-folder.ts';
import { copyToParquetSql, openEngine } from './duckdb.ts';
import { sealBatch } from './seal-batch.ts';

it('an object with other rows than were written into it is never sealed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-seal-'));
  const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  try {
    const bucket = await openFolderBucket(folder);
    const draft = await bucket.draft('a.parquet');
    await engine.run(copyToParquetSql('SELECT i FROM range(7) t(i)', draft.path));
    await expect(sealBatch(draft, 'a.parquet', 8)).rejects.toMatchObject({
      code: 'conservation_broken',
      where: 'a.parquet',
    });
    expect(await bucket.exists('a.parquet')).toBe(false);
    expect(await sealBatch(draft, 'a.parquet', 7)).toMatchObject({ key: 'a.parquet', rows: 7 });
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});
