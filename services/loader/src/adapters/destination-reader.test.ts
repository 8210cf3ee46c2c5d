import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import type { Destination, Disposition } from '@millrace/shared/core/pipeline';
import type { RunRecord } from '@millrace/shared/core/run-record';
import type { DestinationReader } from '@millrace/shared/ports/destination-reader';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { failedRun } from '../core/run-facts.ts';
import { loadOrder, runId, SILENT, storeTable } from '../testing/load-order.ts';
import { recordFailedFiles } from './files-failed-run.ts';
import { publishFiles } from './files-publish.ts';
import { loadIntoSqlite } from './sqlite-load.ts';
import { recordRunInSqlite } from './sqlite-record.ts';

const APPEND: Disposition = { kind: 'append' };
const wait = { lockWaitMs: 0, throwIfStopped: () => undefined };

let folder: string;
let reader: DestinationReader;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-reader-'));
});

afterEach(async () => {
  await reader.close();
  await rm(folder, { recursive: true, force: true });
});

async function publish(destination: Destination, number: number, queries: Record<string, string>) {
  const tables = await Promise.all(
    Object.entries(queries).map(([table, query]) =>
      storeTable(path.join(folder, `batches-${number}`), table, APPEND, [query]),
    ),
  );
  const order = loadOrder(destination.path, number, tables);
  if (destination.type === 'sqlite') {
    await loadIntoSqlite(order, SILENT, wait);
  } else {
    const { signal } = new AbortController();
    const { format } = destination;
    await publishFiles(order, { ...SILENT, format, attempt: 'a1', signal });
  }
}

async function recordFailure(destination: Destination, number: number): Promise<RunRecord> {
  const { facts, inputs, checked } = loadOrder(destination.path, number, []);
  const error = { code: 'reject_limit', message: 'Too many.', where: null, hint: null } as const;
  const record = failedRun(facts, {
    v: 1,
    run: facts.run,
    round: 1,
    task: 'extract',
    error,
    attempts: 1,
    worker: 'w',
    failedAt: '2026-11-22T07:00:00.000Z',
  });
  if (destination.type === 'sqlite')
    await recordRunInSqlite({ path: destination.path, record, inputs, checked }, wait);
  else await recordFailedFiles(destination.path, record, inputs, checked);
  return record;
}

describe.each(['sqlite', 'csv', 'parquet'] as const)('of %s', (kind) => {
  let destination: Destination;

  beforeEach(() => {
    const where = path.join(folder, 'destination');
    destination =
      kind === 'sqlite' ? { type: kind, path: where } : { type: 'files', path: where, format: kind };
    reader = openDestinationReader(destination);
  });

  test('a destination that is not there yet has nothing, and a query says so', async () => {
    expect(await reader.tables()).toEqual([]);
    expect(await reader.runs(10)).toEqual([]);
    expect(await reader.run(runId(1))).toBeNull();
    await expect(reader.query('SELECT 1', { maxRows: 1 })).rejects.toMatchObject({
      code: 'query_failed',
      message: 'Nothing has been published here yet.',
      where: destination.path,
    });
  });

  test('tables tell their rows, columns and newest run', async () => {
    await publish(destination, 1, { sales: 'SELECT range AS id FROM range(5)', staff: 'SELECT 1 AS id' });
    await publish(destination, 2, { sales: 'SELECT range AS id FROM range(3)' });
    expect(await reader.tables()).toMatchObject([
      {
        table: 'sales',
        pipeline: 'shop',
        disposition: 'append',
        rows: 8,
        latestRun: runId(2),
        latestRows: 3,
      },
      { table: 'staff', rows: 1, latestRun: runId(1), latestRows: 1 },
    ]);
    expect((await reader.tables())[0]?.columns[0]).toEqual({ name: 'id', type: 'BIGINT' });
  });

  test('runs are published or failed, the newest first, and a run tells its inputs', async () => {
    await publish(destination, 1, { sales: 'SELECT 1 AS id' });
    const failed = await recordFailure(destination, 2);
    expect((await reader.runs(10)).map(({ run, status }) => [run, status])).toEqual([
      [runId(2), 'failed'],
      [runId(1), 'published'],
    ]);
    expect((await reader.runs(1)).map(({ run }) => run)).toEqual([runId(2)]);
    expect((await reader.run(runId(2)))?.record).toEqual(failed);
    expect(await reader.run(runId(1))).toMatchObject({
      record: { requestedAt: '2026-11-22T06:00:01.000Z', rowsLoaded: 1, error: null },
      inputs: loadOrder('', 1, []).inputs,
      tables: { sales: 1 },
    });
  });

  test('a published run stays published whatever is said of it later', async () => {
    await publish(destination, 1, { sales: 'SELECT 1 AS id' });
    await recordFailure(destination, 1);
    expect((await reader.run(runId(1)))?.record.status).toBe('published');
  });

  test('a failed run that is published later is published', async () => {
    await recordFailure(destination, 1);
    await recordFailure(destination, 1);
    expect(await reader.runs(10)).toMatchObject([{ status: 'failed', error: { code: 'reject_limit' } }]);
    await publish(destination, 1, { sales: 'SELECT 1 AS id' });
    expect(await reader.runs(10)).toMatchObject([{ status: 'published', error: null, rowsLoaded: 1 }]);
  });

  test('a query gives values as they are, and says when there are more', async () => {
    await publish(destination, 1, {
      sales: `SELECT * FROM (VALUES (1, 9007199254740993, '', 0.5::DOUBLE), (2, 3, NULL, NULL)) AS v(id, big, note, rate)`,
    });
    const all = await reader.query('SELECT id, big, note, rate FROM sales ORDER BY id', { maxRows: 2 });
    expect(all.rows).toEqual([
      [1, 9007199254740993n, '', 0.5],
      [2, 3, null, null],
    ]);
    expect(all.truncated).toBe(false);
    expect(all.columns.map(({ name }) => name)).toEqual(['id', 'big', 'note', 'rate']);
    expect(await reader.query('SELECT id FROM sales ORDER BY id', { maxRows: 1 })).toMatchObject({
      rows: [[1]],
      truncated: true,
    });
  });

  test.each([
    'DELETE FROM sales',
    'DROP TABLE sales',
    'SELECT 1; SELECT 2',
    'WITH x AS (SELECT 1) DELETE FROM sales',
    "ATTACH 'other.db' AS other",
    'PRAGMA query_only = OFF',
    "COPY sales TO 'x.csv'",
    '',
  ])('refuses all but one SELECT: %s', async (sql) => {
    await publish(destination, 1, { sales: 'SELECT 1 AS id' });
    await expect(reader.query(sql, { maxRows: 1 })).rejects.toMatchObject({ code: 'query_failed' });
    expect(await reader.query('SELECT count(*) FROM sales', { maxRows: 1 })).toMatchObject({ rows: [[1]] });
  });

  test('a wrong name comes with the nearest one', async () => {
    await publish(destination, 1, { sales: 'SELECT 1 AS id' });
    await expect(reader.query('SELECT * FROM slaes', { maxRows: 1 })).rejects.toMatchObject({
      code: 'query_failed',
      message: expect.stringContaining(`Did you mean 'sales'?`) as string,
      hint: expect.stringContaining('sales') as string,
    });
    await expect(reader.query('SELECT idd FROM sales', { maxRows: 1 })).rejects.toMatchObject({
      code: 'query_failed',
      message: expect.stringContaining('idd') as string,
    });
  });
});

test('of files: tables are those of the newest run, and _all has those of every run', async () => {
  const destination: Destination = { type: 'files', path: path.join(folder, 'out'), format: 'csv' };
  reader = openDestinationReader(destination);
  await publish(destination, 1, { sales: "SELECT 1 AS id, 'x' AS old" });
  await publish(destination, 2, { sales: "SELECT 2 AS id, DATE '2024-02-29' AS day" });
  expect((await reader.query('SELECT id, day FROM sales', { maxRows: 9 })).rows).toEqual([[2, '2024-02-29']]);
  expect((await reader.query('SELECT id, old, day FROM sales_all ORDER BY id', { maxRows: 9 })).rows).toEqual(
    [
      [1, 'x', null],
      [2, null, '2024-02-29'],
    ],
  );
});

test('of files: a query reads the published files and no others', async () => {
  const destination: Destination = { type: 'files', path: path.join(folder, 'out'), format: 'parquet' };
  reader = openDestinationReader(destination);
  await publish(destination, 1, { sales: 'SELECT 1 AS id' });
  const secret = path.join(folder, 'secret.csv');
  await writeFile(secret, 'a\n1\n');
  await expect(reader.query(`SELECT * FROM read_csv('${secret}')`, { maxRows: 1 })).rejects.toMatchObject({
    code: 'query_failed',
    message: expect.stringContaining('disabled') as string,
  });
});

test('of SQLite: a file that is no database is said to be none', async () => {
  const file = path.join(folder, 'text.db');
  await writeFile(file, 'not a database, only text '.repeat(100));
  reader = openDestinationReader({ type: 'sqlite', path: file });
  await expect(reader.tables()).rejects.toMatchObject({ code: 'destination_conflict', where: file });
});
