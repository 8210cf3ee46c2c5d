import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { copyToParquetSql, openEngine } from '../adapters/duckdb.ts';
import { sealBatch } from '../adapters/seal-batch.ts';
import type { BatchReference } from '../core/batch.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { Bucket } from '../ports/bucket.ts';
import { makeManifest, makePlan } from '../testing/make-plan.ts';
import { checkAfterExtract } from './check-reject-limits.ts';
import { createRunStore } from './run-store.ts';

let folder: string;
let bucket: Bucket;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-limits-'));
  bucket = await openFolderBucket(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TASK = 'extract-orders-00001';
const plan = makePlan({ rejects: { maxRows: 3, maxRatio: null, sources: [] } });

/** Four records of one reason and one of another, as rejects are kept. */
async function keepRejects(): Promise<BatchReference> {
  const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  try {
    const key = bucketLayout.rejected(plan.run, TASK, 'a1', 0);
    const draft = await bucket.draft(key);
    const query = `SELECT '${plan.run}' AS run, 'orders' AS source, 'orders' AS table_name, 'orders-1.json' AS file,
      i AS record_number, i AS line, i * 10 AS byte_offset, 9::BIGINT AS byte_length,
      CASE i WHEN 2 THEN 'missing_field' ELSE 'type_mismatch' END AS reason, 'record ' || i AS message,
      '[]' AS faults, 'raw'::BLOB AS raw, repeat('0', 64) AS sha256 FROM range(1, 6) t(i)`;
    await engine.run(copyToParquetSql(query, draft.path));
    return await sealBatch(draft, key, 5);
  } finally {
    await engine.close();
  }
}

async function commit(task: string, rejected: number, batches: BatchReference[]) {
  const store = createRunStore(bucket);
  const byReason = rejected === 0 ? {} : { type_mismatch: 4, missing_field: 1 };
  await store.commitManifest(
    makeManifest(plan, task, {
      extracted: {
        files: [{ input: 0, seen: 100, accepted: 100 - rejected, rejected, blank: 0 }],
        rejects: { records: rejected, byReason, batches },
        fingerprint: null,
        reused: null,
      },
    }),
  );
  return checkAfterExtract(bucket, store, plan, task);
}

it('a limit of rows ends a run while tasks are open, with the first records of each reason', async () => {
  await expect(commit(TASK, 5, [await keepRejects()])).rejects.toMatchObject({
    code: 'reject_limit',
    message: expect.stringContaining('5 of 100 records read so far were rejected') as string,
    rejects: {
      examples: [
        { reason: 'type_mismatch', line: 1, byteOffset: 10, message: 'record 1' },
        { reason: 'type_mismatch', line: 3, byteOffset: 30, message: 'record 3' },
        { reason: 'type_mismatch', line: 4, byteOffset: 40, message: 'record 4' },
        { reason: 'missing_field', line: 2, byteOffset: 20, message: 'record 2' },
      ],
    },
  });
});

it('a task without rejects exceeds nothing', async () => {
  await expect(commit('extract-orders-00002', 0, [])).resolves.toBeUndefined();
});
