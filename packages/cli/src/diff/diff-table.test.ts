import { openEngine, type Engine } from '@millrace/shared/adapters/duckdb';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { diffTable, type DiffPlace } from './diff-table.ts';
import type { RunTable } from './run-table.ts';
import type { TableDiff } from './table-diff.ts';

/** Columns, then rows. */
interface Rows {
  readonly columns: Readonly<Record<string, string>>;
  readonly rows: readonly (readonly (string | number | null)[])[];
}

let engine: Engine;
let db: Database.Database;
beforeEach(async () => {
  engine = await openEngine({ memoryLimitBytes: 128 * 1024 * 1024, threads: 1, spillDir: null });
  db = new Database(':memory:');
});
afterEach(async () => {
  db.close();
  await engine.close();
});

function runTable(run: string, { columns }: Rows, key: readonly string[] | null): RunTable {
  const schema = Object.entries(columns).map(([name, type]) => ({ name, type }));
  return { run, name: 'made', columns: schema, batches: null, published: null, key, profile: null };
}

function statements(name: string, { columns, rows }: Rows): string[] {
  const literal = (value: string | number | null) =>
    value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${value}'`;
  const values = rows.map((row) => `(${row.map(literal).join(', ')})`);
  const declared = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`);
  return [
    `CREATE TABLE ${name} (${declared.join(', ')})`,
    ...(values.length === 0 ? [] : [`INSERT INTO ${name} VALUES ${values.join(', ')}`]),
  ];
}

async function makePlace(kind: DiffPlace['engine'], before: Rows, after: Rows): Promise<DiffPlace> {
  for (const sql of [...statements('old', before), ...statements('new', after)]) {
    if (kind === 'sqlite') db.exec(sql);
    else await engine.run(sql);
  }
  const ask: DiffPlace['ask'] = async (sql) =>
    kind === 'sqlite'
      ? db.prepare<[], (string | number | null)[]>(sql).raw().all()
      : (await engine.rows(sql)).map((row) =>
          Object.values(row).map((value) => (value === null ? null : String(value as string | bigint))),
        );
  return { source: 'bucket', engine: kind, before: 'old', after: 'new', ask };
}

const ORDERS = { id: 'INTEGER', customer: 'VARCHAR', total: 'INTEGER' };

describe.each(['duckdb', 'sqlite'] as const)('two runs in %s', (kind) => {
  async function diff(before: Rows, after: Rows, key: readonly string[] | null): Promise<TableDiff> {
    const place = await makePlace(kind, before, after);
    return diffTable(runTable('a', before, key), runTable('b', after, key), place, {
      key: null,
      examples: 10,
    });
  }
  const orders = (...rows: (string | number | null)[][]): Rows => ({ columns: ORDERS, rows });
  const before = orders([1, 'ada', 10], [2, 'bob', 20], [3, 'cy', 30], [4, null, null]);
  const after = orders([1, 'ada', 10], [2, 'bob', 25], [4, null, null], [5, null, 50]);

  test('are matched by key', async () => {
    const { rows } = await diff(before, after, ['id']);
    expect(rows).toMatchObject({
      before: 4,
      after: 4,
      added: 1,
      removed: 1,
      changed: 1,
      unchanged: 2,
      shared_keys: 0,
      changed_columns: { total: 1 },
    });
    const text = JSON.parse(JSON.stringify(rows?.examples).replaceAll(/"(\d+)"/g, '$1')) as unknown;
    expect(text).toEqual({
      removed: [{ id: 3, customer: 'cy', total: 30 }],
      added: [{ id: 5, customer: null, total: 50 }],
      changed: [{ key: { id: 2 }, columns: { total: { before: 20, after: 25 } } }],
    });
  });

  test('are compared as whole rows without a key, each as often as it is there', async () => {
    const one = orders([1, 'ada', 10], [1, 'ada', 10], [2, null, null]);
    const other = orders([1, 'ada', 10], [2, null, null], [2, null, null], [2, null, null]);
    expect((await diff(one, other, null)).rows).toMatchObject({
      before: 3,
      after: 4,
      added: 2,
      removed: 1,
      changed: 0,
      unchanged: 2,
      changed_columns: {},
    });
  });

  test.each([{ rows: before }, { rows: orders() }])('without a difference have none', async ({ rows }) => {
    expect((await diff(rows, rows, ['id'])).rows).toMatchObject({
      added: 0,
      removed: 0,
      changed: 0,
      unchanged: rows.rows.length,
      shared_keys: 0,
    });
  });

  test('of which one is empty differ in all rows', async () => {
    expect((await diff(orders(), after, ['id'])).rows).toMatchObject({
      before: 0,
      after: 4,
      added: 4,
      unchanged: 0,
    });
  });

  test('tell when the key does not name rows', async () => {
    const one = orders([1, 'ada', 10], [1, 'bob', 20]);
    const other = orders([1, 'ada', 11], [1, 'bob', 21], [1, 'cy', 31]);
    expect((await diff(one, other, ['id'])).rows).toMatchObject({ changed: 2, added: 1, shared_keys: 1 });
  });

  test('with other columns are compared in those that both have', async () => {
    const other: Rows = {
      columns: { id: 'INTEGER', customer: 'VARCHAR', currency: 'VARCHAR' },
      rows: [[1, 'ada', 'EUR']],
    };
    const found = await diff(orders([1, 'ada', 10]), other, ['id']);
    expect(found.columns).toEqual({
      added: [{ name: 'currency', type: 'VARCHAR' }],
      removed: [{ name: 'total', type: 'INTEGER' }],
      retyped: [],
    });
    expect(found.rows).toMatchObject({ unchanged: 1, changed: 0 });
  });
});

test('a column of another type is compared by its numbers, or else as text', async () => {
  const columns = (total: string, customer: string) => ({ id: 'INTEGER', customer, total });
  const before = { columns: columns('INTEGER', 'INTEGER'), rows: [[1, 7, 10]] };
  const after = { columns: columns('DECIMAL(18,2)', 'VARCHAR'), rows: [[1, '7', 10]] };
  const place = await makePlace('duckdb', before, after);
  const made = await diffTable(runTable('a', before, ['id']), runTable('b', after, ['id']), place, {
    key: null,
    examples: 1,
  });
  expect(made.rows).toMatchObject({ unchanged: 1, changed: 0 });
  expect(made.columns.retyped).toEqual([
    { name: 'customer', before: 'INTEGER', after: 'VARCHAR' },
    { name: 'total', before: 'INTEGER', after: 'DECIMAL(18,2)' },
  ]);
});

test('nested values are compared too', async () => {
  await engine.run("CREATE TABLE old AS SELECT 1 AS id, [1, 2] AS l, {a: 'x'} AS s");
  await engine.run("CREATE TABLE new AS SELECT 1 AS id, [1, 3] AS l, {a: 'x'} AS s");
  const columns = { id: 'INTEGER', l: 'INTEGER[]', s: 'STRUCT(a VARCHAR)' };
  const table = (run: string) => runTable(run, { columns, rows: [] }, ['id']);
  const ask: DiffPlace['ask'] = async (sql) =>
    (await engine.rows(sql)).map((row) =>
      Object.values(row).map((value) => String(value as string | bigint)),
    );
  const place = { source: 'bucket', engine: 'duckdb', before: 'old', after: 'new', ask } as const;
  const { rows } = await diffTable(table('a'), table('b'), place, { key: null, examples: 1 });
  expect(rows).toMatchObject({ changed: 1, changed_columns: { l: 1 } });
  expect(rows?.examples.changed).toEqual([
    { key: { id: '1' }, columns: { l: { before: '[1, 2]', after: '[1, 3]' } } },
  ]);
});

test('a key is found whatever its case, and an unknown one is refused by name', async () => {
  const rows = { columns: ORDERS, rows: [] };
  const tables = [runTable('a', rows, null), runTable('b', rows, null)] as const;
  expect((await diffTable(...tables, null, { key: ['ID'], examples: 1 })).key).toEqual(['id']);
  await expect(diffTable(...tables, null, { key: ['custmer'], examples: 1 })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining("Did you mean 'customer'?") as string,
  });
});
