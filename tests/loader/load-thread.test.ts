import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { LoadOrder } from '@millrace/loader/dist/adapters/sqlite-load.js';
import { loadInThread, recordInThread } from '@millrace/loader/dist/adapters/sqlite-thread.js';
import { failedRun } from '@millrace/loader/dist/core/run-facts.js';
import type { StoredTable } from '@millrace/loader/dist/core/table-load.js';
import { loadOrder, runId, SILENT, storeTable } from '@millrace/loader/dist/testing/load-order.js';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

const ROWS = 200_000;
const THREAD = fileURLToPath(import.meta.resolve('@millrace/loader/dist/adapters/sqlite-thread.js'));

let batches: string;
let large: StoredTable;
let other: StoredTable;

beforeAll(async () => {
  batches = await mkdtemp(path.join(tmpdir(), 'millrace-batches-'));
  const query = (rows: number) =>
    `SELECT range AS id, 'customer ' || range AS name, (range % 1000)::DECIMAL(18,2) AS amount FROM range(${rows})`;
  large = await storeTable(batches, 'sales', { kind: 'append' }, [query(ROWS / 2), query(ROWS / 2)]);
  other = await storeTable(batches, 'staff', { kind: 'append' }, [query(50)]);
});

afterAll(() => rm(batches, { recursive: true, force: true }));

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-thread-'));
  file = path.join(folder, 'final.db');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const never = new AbortController().signal;

/** Rows of both tables and published runs, as one reader sees them at one moment. */
function look(db: Database.Database): { sales: number; staff: number; published: number } {
  return db.transaction(() => {
    const count = (table: string) => {
      const there = db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined;
      return there ? (db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0) : 0;
    };
    return { sales: count('sales'), staff: count('staff'), published: count('_millrace_loads') };
  })();
}

function lookOnce(): ReturnType<typeof look> & { integrity: unknown } {
  const db = new Database(file);
  try {
    return { ...look(db), integrity: db.pragma('integrity_check', { simple: true }) };
  } finally {
    db.close();
  }
}

test('a reader sees none of a run or all of it, and the event loop stays free meanwhile', async () => {
  const empty = new Database(file);
  empty.pragma('journal_mode = WAL');
  empty.close();
  const reader = new Database(file, { readonly: true });
  const seen = new Set<string>();
  const reports: number[] = [];
  let loading = true;
  const load = loadInThread(loadOrder(file, 1, [large, other]), never, {
    ...SILENT,
    onRows: (rows) => void reports.push(rows),
  }).finally(() => {
    loading = false;
  });
  let looks = 0;
  while (loading) {
    seen.add(JSON.stringify(look(reader)));
    looks += 1;
    await nextTurn();
  }
  await load;
  seen.add(JSON.stringify(look(reader)));
  reader.close();
  expect([...seen]).toEqual([
    JSON.stringify({ sales: 0, staff: 0, published: 0 }),
    JSON.stringify({ sales: ROWS, staff: 50, published: 1 }),
  ]);
  expect(looks).toBeGreaterThan(10);
  expect(reports.some((rows) => rows > 0 && rows < ROWS)).toBe(true);
});

test('of two loads of one run at the same time exactly one publishes, and both say the same', async () => {
  const order = loadOrder(file, 1, [large, other]);
  const outcomes = await Promise.all([1, 2, 3].map(() => loadInThread(order, never, SILENT)));
  expect(outcomes.filter((outcome) => !outcome.already)).toHaveLength(1);
  for (const outcome of outcomes) {
    expect(outcome.tables).toEqual({ sales: ROWS, staff: 50 });
    expect(outcome.publishedAt).toBe(outcomes[0]?.publishedAt);
  }
  expect(lookOnce()).toEqual({ sales: ROWS, staff: 50, published: 1, integrity: 'ok' });
});

test('two runs at the same time are both published, one after the other', async () => {
  await Promise.all([1, 2].map((number) => loadInThread(loadOrder(file, number, [large]), never, SILENT)));
  expect(lookOnce()).toMatchObject({ sales: 2 * ROWS, published: 2, integrity: 'ok' });
  const db = new Database(file, { readonly: true });
  const newest = db.prepare('SELECT run_id FROM _millrace_loads ORDER BY load_seq DESC').pluck().get();
  expect(db.prepare('SELECT DISTINCT _run_id FROM sales_latest').pluck().all()).toEqual([newest]);
  db.close();
});

test('a load that is told to stop leaves nothing, and can be repeated', async () => {
  const stopping = new AbortController();
  const order = loadOrder(file, 1, [large]);
  const stopped = loadInThread(order, stopping.signal, { ...SILENT, onRows: () => stopping.abort() });
  await expect(stopped).rejects.toThrow('Stopped');
  expect(lookOnce()).toMatchObject({ sales: 0, published: 0, integrity: 'ok' });
  expect((await loadInThread(order, never, SILENT)).already).toBe(false);
});

test('an error keeps its code, place and hint on the way out of the thread', async () => {
  const wrong = { ...other, rows: 51 };
  await expect(loadInThread(loadOrder(file, 1, [wrong]), never, SILENT)).rejects.toMatchObject({
    code: 'conservation_broken',
    where: 'staff',
    hint: expect.any(String) as string,
  });
});

/** Loads in a process of its own, which is killed when `when` says so of its progress. @returns whether it was */
async function loadAndKill(order: LoadOrder, when: (rows: number) => boolean): Promise<boolean> {
  const script = `
    import { loadInThread } from ${JSON.stringify(THREAD)};
    const say = (rows) => process.stdout.write(rows + '\\n');
    await loadInThread(JSON.parse(process.argv[2]), new AbortController().signal, { onRows: say, onNotice() {}, onBlocked() {}, async claimPublish() {} });`;
  const main = path.join(folder, 'load.mjs');
  await writeFile(main, script);
  const child = spawn(process.execPath, [main, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.on('data', (said: Buffer) => {
    if (said.toString().trim().split('\n').map(Number).some(when)) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal === null) reject(new Error(`The load ended with exit code ${code}.`));
      else resolve(signal === 'SIGKILL');
    });
  });
}

test('a load that is killed anywhere leaves none or all of the run, and a repeat completes it', async () => {
  let killed = 0;
  for (const part of [0, 0.4, 0.8]) {
    const number = Math.round(part * 10);
    const before = part === 0 ? { sales: 0, published: 0 } : lookOnce();
    const order = loadOrder(file, number, [large, other]);
    killed += Number(await loadAndKill(order, (rows) => rows >= part * ROWS));
    const after = lookOnce();
    expect(after.integrity).toBe('ok');
    const whole = after.published > before.published;
    expect(after.sales).toBe(before.sales + (whole ? ROWS : 0));
    expect((await loadInThread(order, never, SILENT)).already).toBe(whole);
    expect(lookOnce()).toMatchObject({ sales: before.sales + ROWS, published: before.published + 1 });
  }
  expect(killed).toBeGreaterThan(0);
});

test('a failed run is recorded while another load holds the database', async () => {
  const { facts, inputs, checked } = loadOrder(file, 2, []);
  const record = failedRun(facts, {
    v: 1,
    run: facts.run,
    round: 1,
    task: 'extract',
    error: { code: 'reject_limit', message: 'Too many.', where: null, hint: null },
    attempts: 1,
    worker: 'w',
    failedAt: '2026-11-22T07:00:00.000Z',
  });
  await Promise.all([
    loadInThread(loadOrder(file, 1, [large]), never, SILENT),
    recordInThread({ path: file, record, inputs, checked }),
  ]);
  const db = new Database(file, { readonly: true });
  expect(
    db.prepare('SELECT run_id, status, error_code FROM _millrace_runs ORDER BY run_id').raw().all(),
  ).toEqual([
    [runId(1), 'published', null],
    [runId(2), 'failed', 'reject_limit'],
  ]);
  db.close();
});
