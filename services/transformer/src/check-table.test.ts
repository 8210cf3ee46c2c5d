import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { copyToParquetSql, openEngine, readParquetSql } from '@millrace/shared/adapters/duckdb';
import { ANY_BAD_ROW, parseThreshold } from '@millrace/shared/core/check-threshold';
import { FAILURE_PLACE, type CheckRule, type PlannedCheck } from '@millrace/shared/core/check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { checkTable } from './check-table.ts';
import type { CheckOrder, OrderedTable } from './contracts/model-order.ts';

const PLANNED_AT = '2026-11-22T12:00:00.000Z';
const MEMORY = { memoryLimitBytes: 256 * 1024 * 1024, threads: 1 };
const COLUMNS = [
  { name: 'id', type: 'BIGINT' },
  { name: 'customer', type: 'BIGINT' },
  { name: 'currency', type: 'VARCHAR' },
  { name: 'total', type: 'DECIMAL(18,2)' },
  { name: 'weight', type: 'DOUBLE' },
  { name: 'sold_at', type: 'TIMESTAMP' },
];
/** Ten rows; of the sixth on, all but the id is null. */
const ROWS = `
  (1, 1, 'EUR', 10.00, 1.5::DOUBLE, '2026-11-20 00:00:00'), (2, 1, 'EUR', 20.10, 2.5, '2026-11-21 00:00:00'),
  (3, 9, 'eur', -0.01, 'NaN', '2026-11-22 11:00:00'), (3, 2, 'USD', 99.99, 3.5, '2026-11-19 00:00:00'),
  (4, 2, 'USD', 0.00, 4.5, '2026-11-18 00:00:00'), (5, NULL, NULL, NULL, NULL, NULL),
  (NULL, NULL, NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL, NULL, NULL), (8, NULL, NULL, NULL, NULL, NULL),
  (9, NULL, NULL, NULL, NULL, NULL)`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'check-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function withEngine<T>(
  work: (engine: Awaited<ReturnType<typeof openEngine>>) => Promise<T>,
): Promise<T> {
  const engine = await openEngine({ ...MEMORY, spillDir: null });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** A table in one object per list of rows, or query of them. */
async function store(
  name: string,
  columns: readonly { name: string; type: string }[],
  parts: readonly string[],
): Promise<OrderedTable> {
  const names = columns.map((column) => column.name).join(', ');
  const casts = columns.map((column) => `CAST(${column.name} AS ${column.type}) AS ${column.name}`);
  const paths: string[] = [];
  let rows = 0;
  await withEngine(async (engine) => {
    for (const [index, part] of parts.entries()) {
      const from = part.startsWith('SELECT') ? part : `VALUES ${part}`;
      const file = path.join(folder, `${name}-${index}.parquet`);
      const select = `SELECT ${casts.join(', ')} FROM (${from}) AS t(${names})`;
      const [result] = await engine.rows(copyToParquetSql(select, file));
      rows += Number(result?.['Count']);
      paths.push(file);
    }
  });
  return { name, columns: [...columns], rows, paths };
}

function makeCheck(rule: CheckRule, changes: Partial<PlannedCheck> = {}): PlannedCheck {
  const reads = ['orders', ...('to' in rule ? [rule.to] : [])];
  const thresholds = { errorIf: ANY_BAD_ROW, warnIf: ANY_BAD_ROW } as const;
  return { id: rule.kind, table: 'orders', reads, rule, severity: 'error', ...thresholds, ...changes };
}

async function check(checks: readonly PlannedCheck[], changes: Partial<CheckOrder> = {}) {
  const customers = await store('customers', [{ name: 'id', type: 'BIGINT' }], ['(1), (2), (NULL)']);
  const tables = changes.tables ?? [await store('orders', COLUMNS, [ROWS]), customers];
  const targets = checks.map((_, index) => ({
    path: path.join(folder, `bad-${index}.parquet`),
    key: `failures/${index}`,
  }));
  const keys = tables[0]?.paths.map((_, index) => `orders/${index}`) ?? [];
  const outcome = await checkTable({
    run: 'r',
    table: 'orders',
    plannedAt: PLANNED_AT,
    checks,
    baselines: [],
    keys,
    targets,
    engine: { ...MEMORY, spillDir: path.join(folder, 'spill') },
    ...changes,
    tables,
  });
  return { ...outcome, results: outcome.checked.results, targets };
}

/** Status, number of bad rows and message of one check. */
async function judge(rule: CheckRule, changes: Partial<PlannedCheck> = {}, order: Partial<CheckOrder> = {}) {
  const { results } = await check([makeCheck(rule, changes)], order);
  const [{ status, badRows, message } = {}] = results;
  return [status, badRows, message];
}

describe('a rule', () => {
  test.each<[CheckRule, number, string]>([
    [{ kind: 'not_null', column: 'customer' }, 5, '5 of 10 rows have no customer'],
    [{ kind: 'unique', columns: ['id'] }, 2, '2 of 10 rows share their id with another'],
    [
      { kind: 'accepted_values', column: 'currency', values: ['EUR', 'USD'] },
      1,
      '1 of 10 rows has a currency that is none of EUR, USD',
    ],
    [
      { kind: 'relationships', column: 'customer', to: 'customers', field: 'id' },
      1,
      '1 of 10 rows has a customer that is no id of customers',
    ],
    [
      { kind: 'range', column: 'total', min: 0, max: 99.98 },
      2,
      '2 of 10 rows have a total that is not from 0 to 99.98',
    ],
    [
      { kind: 'range', column: 'weight', min: 2, max: null },
      2,
      '2 of 10 rows have a weight that is not at least 2',
    ],
    [
      { kind: 'range', column: 'sold_at', min: '2026-11-19', max: null },
      1,
      '1 of 10 rows has a sold_at that is not at least 2026-11-19',
    ],
    [
      { kind: 'matches', column: 'currency', pattern: '[A-Z]{3}' },
      1,
      '1 of 10 rows has a currency that does not match [A-Z]{3}',
    ],
    [
      { kind: 'sql', file: 'checks/free.sql', sql: 'SELECT id FROM orders WHERE total = 0 -- free' },
      1,
      '1 bad row: checks/free.sql',
    ],
    [{ kind: 'row_count', min: 11, max: null, change: null }, 1, '10 rows, at least 11 expected'],
    [
      { kind: 'freshness', column: 'sold_at', maxAgeMs: 1_800_000 },
      1,
      'the newest sold_at, 2026-11-22 11:00:00, was 1 hour old when the run was planned; 30 minutes allowed',
    ],
    [
      { kind: 'sum_equals', column: 'total', to: 'orders', field: 'weight', tolerance: 5 },
      1,
      'the sum of total is 130.08, that of weight in orders is nan (5 allowed between them)',
    ],
  ])('finds the bad rows: $kind', async (rule, badRows, message) => {
    expect(await judge(rule)).toEqual(['error', badRows, message]);
  });

  test.each<CheckRule>([
    { kind: 'unique', columns: ['id', 'customer'] },
    { kind: 'accepted_values', column: 'currency', values: ['EUR', 'USD', 'eur'] },
    { kind: 'range', column: 'total', min: -0.01, max: 99.99 },
    { kind: 'row_count', min: 10, max: 10, change: null },
    { kind: 'freshness', column: 'sold_at', maxAgeMs: 3_600_000 },
    { kind: 'sum_equals', column: 'total', to: 'orders', field: 'total', tolerance: 0 },
    { kind: 'sql', file: 'checks/none.sql', sql: 'SELECT * FROM orders WHERE false' },
  ])('passes what is good, nulls among it: $kind', async (rule) => {
    expect((await judge(rule))[0]).toBe('pass');
  });

  test('asks its thresholds', async () => {
    const rule = { kind: 'not_null', column: 'customer' } as const;
    expect((await judge(rule, { errorIf: parseThreshold('> 50 %') }))[0]).toBe('warn');
    expect((await judge(rule, { errorIf: parseThreshold('>= 50 %') }))[0]).toBe('error');
    expect(await judge(rule, { severity: 'warn', warnIf: parseThreshold('> 5') })).toEqual([
      'pass',
      5,
      '5 of 10 rows have no customer (warn_if > 5)',
    ]);
  });

  test('that cannot be evaluated has failed, whatever its severity, and takes no other with it', async () => {
    const { results } = await check([
      makeCheck({ kind: 'not_null', column: 'nowhere' }, { severity: 'warn' }),
      makeCheck({ kind: 'not_null', column: 'total' }),
      makeCheck({
        kind: 'sql',
        file: 'checks/cast.sql',
        sql: 'SELECT * FROM orders WHERE currency::INT = 1',
      }),
    ]);
    expect(results.map(({ status, badRows }) => [status, badRows])).toEqual([
      ['error', 0],
      ['error', 5],
      ['error', 0],
    ]);
    expect(results[0]?.message).toContain('could not be evaluated: Binder Error');
    expect(results[2]?.message).toContain('could not be evaluated: Conversion Error');
  });

  test('that compares with earlier runs says when there are too few', async () => {
    const rule = { kind: 'row_count', min: null, max: null, change: 0.5 } as const;
    expect((await judge(rule))[0]).toBe('no_baseline');
    const baselines = [{ table: 'orders', measure: 'volume', column: null, values: [30, 10] }] as const;
    expect(await judge(rule, {}, { baselines })).toEqual([
      'error',
      1,
      '10 rows, 30 in the last published run (-66.7 %; 50 % allowed)',
    ]);
  });

  test('judges a table without any rows', async () => {
    const tables = [{ name: 'orders', columns: COLUMNS, rows: 0, paths: [] }];
    const order = { tables };
    expect((await judge({ kind: 'not_null', column: 'id' }, {}, order))[0]).toBe('pass');
    expect(await judge({ kind: 'freshness', column: 'sold_at', maxAgeMs: 1000 }, {}, order)).toEqual([
      'error',
      1,
      'no row has a sold_at, so nothing tells how old the data is',
    ]);
  });
});

describe('unique, over many rows', () => {
  const columns = [
    { name: 'id', type: 'BIGINT' },
    { name: 'line', type: 'VARCHAR' },
  ];
  /** Of 60 000 rows in three objects, made from their place `i`. */
  async function countShared(key: readonly string[], id: string, line = "''") {
    const parts = [0, 20_000, 40_000].map(
      (first) => `SELECT ${id}, ${line} FROM range(${first}, ${first + 20_000}) AS r(i)`,
    );
    const tables = [await store('orders', columns, parts)];
    const [, badRows] = await judge({ kind: 'unique', columns: key }, {}, { tables });
    return badRows;
  }

  test.each([
    ['in order', 'i', 0],
    ['in the opposite order', '60000 - i', 0],
    ['in no order', 'i * 7919 % 60000', 0],
    ['in no order, one of them twice', 'CASE i WHEN 59999 THEN 0 ELSE i * 7919 % 60000 END', 2],
    ['in order, the first once more at the end', 'CASE i WHEN 59999 THEN 0 ELSE i END', 2],
    ['in order, one twice', 'CASE i WHEN 30001 THEN 30000 ELSE i END', 2],
    ['in order, one at the end of an object and in the next', 'CASE i WHEN 20000 THEN 19999 ELSE i END', 2],
    ['in order, but for a null', 'CASE i WHEN 40001 THEN NULL ELSE i END', 0],
    ['in order, but for a null first', 'CASE i WHEN 0 THEN NULL ELSE i END', 0],
    ['of which one is twice, with a null between', 'CASE i WHEN 7 THEN NULL WHEN 8 THEN 6 ELSE i END', 2],
  ])('sees keys %s', async (_, id, badRows) => {
    expect(await countShared(['id'], id)).toBe(badRows);
  });

  test('sees keys of several columns', async () => {
    expect(await countShared(['id', 'line'], 'i // 3', "printf('%d', i % 3)")).toBe(0);
    expect(await countShared(['id', 'line'], 'i // 3', "printf('%d', i % 3 // 2)")).toBe(40_000);
    expect(await countShared(['id', 'line'], 'i // 3', "CASE i % 3 WHEN 1 THEN NULL ELSE 'a' END")).toBe(
      40_000,
    );
  });
});

describe('bad rows', () => {
  test('are kept with the places where they stand, in their order', async () => {
    const parts = ["(1, 'a'), (2, NULL)", "(3, NULL), (4, 'b')"];
    const orders = await store(
      'orders',
      [
        { name: 'id', type: 'BIGINT' },
        { name: 'note', type: 'VARCHAR' },
      ],
      parts,
    );
    const { kept, targets } = await check([makeCheck({ kind: 'not_null', column: 'note' })], {
      tables: [orders],
    });
    expect(kept).toEqual([2]);
    expect(await rowsOf(targets[0]?.path ?? '')).toEqual([
      { id: 2n, note: null, _millrace_batch: 'orders/0', _millrace_row: 1n },
      { id: 3n, note: null, _millrace_batch: 'orders/1', _millrace_row: 0n },
    ]);
  });

  test('are at most a thousand', async () => {
    const values = Array.from({ length: 2500 }, (_, id) => `(${id})`).join(', ');
    const orders = await store('orders', [{ name: 'id', type: 'BIGINT' }], [values]);
    const negative = makeCheck({ kind: 'range', column: 'id', min: null, max: 99 });
    const file = makeCheck({
      kind: 'sql',
      file: 'checks/x.sql',
      sql: 'SELECT id FROM orders;'.replace(';', ''),
    });
    const { kept, results, targets } = await check([negative, file], { tables: [orders] });
    expect(kept).toEqual([1000, 1000]);
    expect(results.map(({ badRows }) => badRows)).toEqual([2400, 2500]);
    expect((await rowsOf(targets[0]?.path ?? ''))[0]).toMatchObject({ id: 100n });
  });

  test.each([
    ['are in all objects', 0, 'orders/7'],
    ['are in the last objects only', 4000, 'orders/3'],
  ])('are the first by the names of their objects where they %s', async (_, least, key) => {
    const parts = Array.from(
      { length: 8 },
      (_unused, part) => `SELECT range + ${part * 1000} FROM range(1000)`,
    );
    const stored = await store('orders', [{ name: 'id', type: 'BIGINT' }], parts);
    const orders = { ...stored, paths: [...stored.paths].reverse() };
    const late = makeCheck({ kind: 'range', column: 'id', min: null, max: least - 1 });
    const { kept, results, targets } = await check([late], { tables: [orders] });
    expect([kept, results[0]?.badRows]).toEqual([[1000], 8000 - least]);
    const rows = await rowsOf(targets[0]?.path ?? '');
    const { batch, row } = FAILURE_PLACE;
    expect(rows).toEqual(
      Array.from({ length: 1000 }, (_unused, index) => ({
        id: BigInt(least + index),
        [batch]: key,
        [row]: BigInt(index),
      })),
    );
  });

  test('of a table that has columns of the names of places are kept without these', async () => {
    const orders = await store('orders', [{ name: 'filename', type: 'VARCHAR' }], ["('x'), (NULL)"]);
    const { targets } = await check([makeCheck({ kind: 'not_null', column: 'filename' })], {
      tables: [orders],
    });
    expect(await rowsOf(targets[0]?.path ?? '')).toEqual([{ filename: null }]);
  });
});

test('a file in checks/ reaches nothing but its tables', async () => {
  const sql = `SELECT * FROM read_csv('/etc/passwd')`;
  await expect(check([makeCheck({ kind: 'sql', file: 'checks/x.sql', sql })])).rejects.toMatchObject({
    code: 'model_invalid',
    message: expect.stringContaining("Check 'sql' calls the table function 'read_csv'") as string,
  });
});

function rowsOf(file: string) {
  return withEngine((engine) => engine.rows(`SELECT * FROM ${readParquetSql([file])}`));
}
