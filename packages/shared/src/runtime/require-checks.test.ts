import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { copyToParquetSql, openEngine } from '../adapters/duckdb.ts';
import { sealBatch } from '../adapters/seal-batch.ts';
import type { CheckResult } from '../core/check.ts';
import type { Bucket } from '../ports/bucket.ts';
import { makeManifest, makePlan } from '../testing/make-plan.ts';
import { requireChecks } from './require-checks.ts';

let folder: string;
let bucket: Bucket;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'require-'));
  bucket = await openFolderBucket(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const plan = makePlan();

function result(changes: Partial<CheckResult>): CheckResult {
  const none = { badRows: 0, rows: 4, message: 'fine', failures: null } as const;
  return {
    check: 'c',
    table: 'orders',
    kind: 'not_null',
    severity: 'error',
    status: 'pass',
    ...none,
    ...changes,
  };
}

function judge(...results: CheckResult[]): Promise<void> {
  const checked = { table: 'orders', results, profile: { rows: 4, columns: [] } };
  return requireChecks(
    bucket,
    plan,
    new Map([['check-orders', makeManifest(plan, 'check-orders', { checked })]]),
  );
}

/** Three bad rows, the second of them very long. */
async function keep() {
  const engine = await openEngine({ memoryLimitBytes: 1 << 28, threads: 1, spillDir: null });
  const draft = await bucket.draft('runs/r/failures/x.parquet');
  try {
    const rows = "SELECT * FROM (VALUES (1, 'a'), (2, repeat('b', 5000)), (3, 'c')) AS t(id, note)";
    await engine.run(copyToParquetSql(rows, draft.path));
    return await sealBatch(draft, 'runs/r/failures/x.parquet', 3);
  } finally {
    await engine.close();
  }
}

test('a run goes on unless a check is in error', async () => {
  await expect(
    judge(result({}), result({ status: 'warn', badRows: 2 }), result({ status: 'no_baseline' })),
  ).resolves.toBeUndefined();
});

test('a run fails with the checks that failed, their messages and the first of their bad rows', async () => {
  const failures = await keep();
  const message = '3 of 4 rows have no total';
  const error = await judge(
    result({}),
    result({ check: 'orders.not_null.total', status: 'error', badRows: 3, message, failures }),
    result({
      check: 'orders.row_count',
      status: 'error',
      badRows: 1,
      message: '4 rows, at least 9 expected',
    }),
  ).catch((thrown: unknown) => thrown as Error & { code: string; where: string });
  expect(error).toMatchObject({ code: 'check_failed', exitCode: 1, where: 'table orders' });
  const lines = (error as Error).message.split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toBe('2 checks failed, so nothing was published:');
  expect(lines[1]).toBe('  orders.not_null.total: 3 of 4 rows have no total');
  expect(lines[2]).toBe('    {"id":1,"note":"a"}');
  expect(lines[3]).toMatch(/^ {4}\{"id":2,"note":"b+…$/);
  expect(lines[3]?.length).toBeLessThan(400);
  expect(lines[4]).toBe('  orders.row_count: 4 rows, at least 9 expected');
});

test('of many failed checks the first are told', async () => {
  const results = Array.from({ length: 8 }, (_, index) =>
    result({ check: `orders.c${index}`, status: 'error', badRows: 1 }),
  );
  await expect(judge(...results)).rejects.toMatchObject({
    message: expect.stringMatching(/^8 checks failed.*orders\.c4: fine\n {2}and 3 more$/s) as string,
  });
});
