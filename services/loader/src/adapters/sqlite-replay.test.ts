import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openSqliteReader } from '@millrace/shared/adapters/destination-sqlite-reader';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { loadOrder, runId, SILENT, storeTable } from '../testing/load-order.ts';
import { loadIntoSqlite, type LoadOrder } from './sqlite-load.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-replay-'));
  file = path.join(folder, 'final.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const load = (order: LoadOrder) =>
  loadIntoSqlite(order, SILENT, { lockWaitMs: 300, throwIfStopped: () => undefined });

async function order(number: number, id: number): Promise<LoadOrder> {
  const batches = path.join(folder, `batches-${number}`);
  const table = await storeTable(batches, 'sales', { kind: 'append' }, [`SELECT ${id} AS id`]);
  return loadOrder(file, number, [table]);
}

async function replayOf(root: number, number: number, id: number, after: string[] = []): Promise<LoadOrder> {
  const plain = await order(number, id);
  const of = runId(root);
  return { ...plain, facts: { ...plain.facts, replayOf: of }, replay: { root: of, after } };
}

function ask(sql: string): unknown[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).pluck().all();
  } finally {
    db.close();
  }
}

test('the latest rows are those of the newest run with its replays, whichever was published last', async () => {
  await load(await order(1, 1));
  await load(await replayOf(1, 2, 2));
  expect(ask('SELECT id FROM sales_latest ORDER BY id')).toEqual([1, 2]);
  await load(await order(3, 3));
  await load(await replayOf(1, 4, 4, [runId(2)]));
  expect(ask('SELECT id FROM sales_latest ORDER BY id')).toEqual([3]);
  await load(await replayOf(3, 5, 5));
  expect(ask('SELECT id FROM sales_latest ORDER BY id')).toEqual([3, 5]);
  expect(ask('SELECT replay_of FROM _millrace_runs ORDER BY run_id')).toEqual([
    null,
    runId(1),
    null,
    runId(1),
    runId(3),
  ]);
  const reader = openSqliteReader(file);
  expect(await reader.tables()).toMatchObject([{ latestRun: runId(3), latestRows: 2, rows: 5 }]);
  expect((await reader.run(runId(5)))?.record.replayOf).toBe(runId(3));
  await reader.close();
});

test('a replay that does not know of another one of the same run publishes nothing', async () => {
  await load(await order(1, 1));
  await load(await replayOf(1, 2, 2));
  await expect(load(await replayOf(1, 3, 2))).rejects.toMatchObject({ code: 'replay_conflict' });
  expect(ask('SELECT id FROM sales')).toEqual([1, 2]);
});

test('a ledger from before there were replays gets their columns', async () => {
  await load(await order(1, 1));
  const db = new Database(file);
  db.exec('DROP VIEW sales_latest');
  for (const table of ['_millrace_loads', '_millrace_runs'])
    db.exec(`ALTER TABLE ${table} DROP COLUMN replay_of`);
  db.close();
  const reader = openSqliteReader(file);
  expect(await reader.tables()).toMatchObject([{ latestRows: 1 }]);
  expect((await reader.run(runId(1)))?.record.replayOf).toBeNull();
  await reader.close();
  await load(await replayOf(1, 2, 2));
  expect(ask('SELECT id FROM sales_latest ORDER BY id')).toEqual([1, 2]);
});
