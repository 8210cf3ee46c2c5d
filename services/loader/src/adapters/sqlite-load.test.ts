import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Disposition } from '@millrace/shared/core/pipeline';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { loadOrder, runId, SILENT, storeTable } from '../testing/load-order.ts';
import { loadIntoSqlite, type LoadOrder } from './sqlite-load.ts';

const APPEND: Disposition = { kind: 'append' };
const REPLACE: Disposition = { kind: 'replace' };
const MERGE: Disposition = { kind: 'merge', key: ['id'] };

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-load-'));
  file = path.join(folder, 'final.db');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const wait = { lockWaitMs: 300, throwIfStopped: () => undefined };

async function load(order: LoadOrder) {
  const notices: string[] = [];
  const outcome = await loadIntoSqlite(
    order,
    { ...SILENT, onNotice: (notice) => void notices.push(notice) },
    wait,
  );
  return { ...outcome, notices };
}

let stored = 0;
/** A table `sales` with the rows of these queries. */
function sales(disposition: Disposition, ...queries: string[]) {
  return storeTable(path.join(folder, `batches-${++stored}`), 'sales', disposition, queries);
}

function ask(sql: string): unknown[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).safeIntegers().raw().all();
  } finally {
    db.close();
  }
}

function change(sql: string): void {
  const db = new Database(file);
  db.exec(sql);
  db.close();
}

describe('a published run', () => {
  test('leaves rows, ledger, run, inputs and table in the destination', async () => {
    const table = await sales(
      APPEND,
      'SELECT 1 AS id, 2.50::DECIMAL(18,2) AS amount',
      'SELECT 2 AS id, 3.75::DECIMAL(18,2) AS amount',
    );
    const outcome = await load(loadOrder(file, 1, [table]));

    expect(outcome).toMatchObject({ tables: { sales: 2 }, already: false, notices: [] });
    expect(ask('SELECT id, amount, _run_id, _loaded_at FROM sales')).toEqual([
      [1n, 2.5, runId(1), expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?$/)],
      [2n, 3.75, runId(1), expect.any(String)],
    ]);
    expect(ask('SELECT load_seq, run_id, pipeline, code_version FROM _millrace_loads')).toEqual([
      [1n, runId(1), 'shop', '0.1.0'],
    ]);
    expect(ask('SELECT * FROM _millrace_load_tables')).toEqual([[runId(1), 'sales', 2n]]);
    expect(
      ask(
        'SELECT run_id, status, "trigger", requested_at, records_seen, records_rejected, rows_loaded, error_code FROM _millrace_runs',
      ),
    ).toEqual([[runId(1), 'published', 'cli', '2026-11-22 06:00:01', 12n, 2n, 2n, null]]);
    expect(ask('SELECT ended_at = (SELECT published_at FROM _millrace_loads) FROM _millrace_runs')).toEqual([
      [1n],
    ]);
    expect(ask('SELECT path, size_bytes, modified_at, records_accepted FROM _millrace_inputs')).toEqual([
      ['/data/orders.json', 345n, '2026-11-21 22:30:00.25', 10n],
    ]);
    expect(
      ask('SELECT table_name, pipeline, disposition, columns, last_run_id FROM _millrace_tables'),
    ).toEqual([['sales', 'shop', 'append', JSON.stringify(table.columns), runId(1)]]);
  });

  test('is not published twice', async () => {
    const order = loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]);
    const first = await load(order);
    const second = await load(order);
    expect(second).toEqual({ ...first, counts: null, already: true });
    expect(ask('SELECT count(*) FROM sales')).toEqual([[1n]]);
    expect(ask('SELECT count(*) FROM _millrace_runs')).toEqual([[1n]]);
  });

  test('of which one value cannot be kept leaves nothing', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id, 1.0::DOUBLE AS rate')]));
    const bad = await sales(
      APPEND,
      "SELECT range AS id, CASE WHEN range = 4999 THEN 'nan'::DOUBLE ELSE 1 END AS rate, 'new' AS more FROM range(5000)",
    );
    await expect(load(loadOrder(file, 2, [bad]))).rejects.toMatchObject({
      code: 'value_not_storable',
      message: expect.stringContaining(`column 'rate' of table 'sales'`) as string,
      where: 'models/sales.sql',
    });
    expect(ask('SELECT * FROM sales').length).toBe(1);
    expect(ask("SELECT count(*) FROM pragma_table_info('sales') WHERE name = 'more'")).toEqual([[0n]]);
    expect(ask('SELECT run_id FROM _millrace_loads')).toEqual([[runId(1)]]);
  });

  test('whose batches have other rows than promised is refused', async () => {
    const table = await sales(APPEND, 'SELECT 1 AS id');
    await expect(load(loadOrder(file, 1, [{ ...table, rows: 2 }]))).rejects.toMatchObject({
      code: 'conservation_broken',
    });
    expect(ask('SELECT count(*) FROM sqlite_schema')).toEqual([[0n]]);
  });

  test('whose table silently drops rows is refused', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]));
    change('CREATE TRIGGER dropping BEFORE INSERT ON sales WHEN new.id = 3 BEGIN SELECT RAISE(IGNORE); END');
    const table = await sales(APPEND, 'SELECT range AS id FROM range(5)');
    await expect(load(loadOrder(file, 2, [table]))).rejects.toMatchObject({
      code: 'conservation_broken',
      message: expect.stringContaining('5 rows, but there are 4 written') as string,
    });
    expect(ask('SELECT count(*) FROM sales')).toEqual([[1n]]);
  });

  test.each([APPEND, REPLACE])(
    '%o, whose rows vanish after they were taken, is refused',
    async (disposition) => {
      await load(loadOrder(file, 1, [await sales(disposition, 'SELECT 1 AS id')]));
      change(
        'CREATE TRIGGER eating AFTER INSERT ON sales WHEN new.id = 3 BEGIN DELETE FROM sales WHERE id = 3; END',
      );
      const table = await sales(disposition, 'SELECT range AS id FROM range(5)');
      await expect(load(loadOrder(file, 2, [table]))).rejects.toMatchObject({
        code: 'conservation_broken',
        message: expect.stringContaining('5 rows, but there are 4 in the destination') as string,
      });
      expect(ask('SELECT count(*) FROM sales')).toEqual([[1n]]);
    },
  );
});

describe('types', () => {
  test('keep their values', async () => {
    const table = await sales(
      APPEND,
      `SELECT 9223372036854775807 AS big, -9223372036854775808 AS small, 9223372036854775807::UBIGINT AS wide,
         7::UTINYINT AS tiny, 0.1::DOUBLE AS double, 1.5::FLOAT AS float, 123456789012.345::DECIMAL(38,10) AS dec, 12.00::DECIMAL(18,2) AS whole,
         true AS yes, false AS no, DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 12:00:00.000120' AS moment,
         TIMESTAMPTZ '2024-02-29 12:00:00+02' AS instant, '' AS empty, E'a\\nb"c\\'d' AS text, '\\x00\\xFF'::BLOB AS bytes, [1, 2] AS list, {'a': 'é'} AS struct,
         '00000000-0000-0000-0000-000000000001'::UUID AS uuid, TIME '10:00:00' AS time, NULL::BIGINT AS none, chr(65279) || 'bom' AS bom`,
    );
    await load(loadOrder(file, 1, [table]));
    const rows = ask('SELECT * FROM sales') as unknown[][];
    expect(rows[0]?.slice(0, -2)).toEqual([
      9223372036854775807n,
      -9223372036854775808n,
      9223372036854775807n,
      7n,
      0.1,
      1.5,
      123456789012.345,
      12n,
      1n,
      0n,
      '2024-02-29',
      '2024-02-29 12:00:00.00012',
      '2024-02-29 10:00:00',
      '',
      `a\nb"c'd`,
      Buffer.from([0, 255]),
      '[1,2]',
      '{"a":"é"}',
      '00000000-0000-0000-0000-000000000001',
      '10:00:00',
      null,
      '\uFEFFbom',
    ]);
    const declared = ask("SELECT name, type FROM pragma_table_info('sales')") as [string, string][];
    expect(Object.fromEntries(declared)).toMatchObject({
      big: 'INTEGER',
      wide: 'INTEGER',
      double: 'REAL',
      dec: 'DECIMAL(38,10)',
      yes: 'BOOLEAN',
      day: 'DATE',
      moment: 'TIMESTAMP',
      instant: 'TIMESTAMP',
      text: 'TEXT',
      bytes: 'BLOB',
      list: 'TEXT',
    });
  });

  test('a decimal that SQLite would round is refused', async () => {
    const table = await sales(APPEND, 'SELECT 12345678901234.56::DECIMAL(18,2) AS amount');
    await expect(load(loadOrder(file, 1, [table]))).rejects.toMatchObject({
      code: 'decimal_too_wide',
      message: expect.stringContaining('12345678901234.56') as string,
    });
  });

  test('names that SQL confuses or millrace needs are refused', async () => {
    const table = await sales(APPEND, 'SELECT 1 AS id');
    const named = (...names: string[]) => ({
      ...table,
      columns: names.map((name) => ({ name, type: 'INTEGER' })),
    });
    await expect(load(loadOrder(file, 1, [named('id', 'ID')]))).rejects.toMatchObject({
      code: 'model_invalid',
    });
    await expect(load(loadOrder(file, 1, [named('_Run_Id')]))).rejects.toMatchObject({
      code: 'model_invalid',
    });
  });

  test('odd names are only names', async () => {
    const table = await sales(
      APPEND,
      `SELECT 1 AS "a ""quoted"" name", 2 AS "select", 3 AS "x'); DROP TABLE sales; --"`,
    );
    await load(loadOrder(file, 1, [table]));
    expect(
      ask(`SELECT "a ""quoted"" name", "select", "x'); DROP TABLE sales; --" FROM sales_latest`),
    ).toEqual([[1n, 2n, 3n]]);
  });
});

describe('append', () => {
  test('keeps every run, and the view shows the newest', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]));
    await load(loadOrder(file, 2, [await sales(APPEND, 'SELECT 2 AS id')]));
    expect(ask('SELECT id, _run_id FROM sales ORDER BY id')).toEqual([
      [1n, runId(1)],
      [2n, runId(2)],
    ]);
    expect(ask('SELECT id, _run_id FROM sales_latest')).toEqual([[2n, runId(2)]]);
  });

  test('goes by the order of publishing, not of the clock', async () => {
    await load(loadOrder(file, 9, [await sales(APPEND, 'SELECT 9 AS id')]));
    await load(loadOrder(file, 3, [await sales(APPEND, 'SELECT 3 AS id')]));
    expect(ask('SELECT id FROM sales_latest')).toEqual([[3n]]);
  });

  test('shows nothing when the newest run had no rows', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]));
    const empty = await sales(APPEND, 'SELECT 1 AS id WHERE false');
    await load(loadOrder(file, 2, [empty]));
    await load(loadOrder(file, 3, [{ ...empty, paths: [] }]));
    expect(ask('SELECT * FROM sales_latest')).toEqual([]);
    expect(ask('SELECT count(*) FROM sales')).toEqual([[1n]]);
  });

  test('is not disturbed by another pipeline in the same destination', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]));
    const staff = { ...(await sales(APPEND, 'SELECT 7 AS id')), table: 'staff' };
    await load(loadOrder(file, 2, [staff], 'payroll'));
    expect(ask('SELECT id FROM sales_latest')).toEqual([[1n]]);
  });

  test('widens the table and its view, and says so', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, "SELECT 1 AS id, 'x' AS old")]));
    const outcome = await load(
      loadOrder(file, 2, [await sales(APPEND, 'SELECT 2 AS id, 2.5::DOUBLE AS rate')]),
    );
    expect(outcome.notices).toEqual([
      expect.stringContaining(`got the column 'rate'`),
      expect.stringContaining('the model has no more, null in new rows: old'),
    ]);
    expect(ask('SELECT id, old, rate FROM sales ORDER BY id')).toEqual([
      [1n, 'x', null],
      [2n, null, 2.5],
    ]);
    expect(ask('SELECT id, rate FROM sales_latest')).toEqual([[2n, 2.5]]);
  });

  test('makes a table anew that was dropped, in whatever way it is loaded now', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]));
    change('DROP TABLE sales');
    await load(loadOrder(file, 2, [await sales(APPEND, "SELECT 'two' AS id")]));
    expect(ask('SELECT id FROM sales_latest')).toEqual([['two']]);
    change('DROP TABLE sales');
    await load(loadOrder(file, 3, [await sales(REPLACE, 'SELECT 3 AS id')]));
    expect(ask("SELECT name FROM sqlite_schema WHERE name LIKE 'sales%'")).toEqual([['sales']]);
  });

  test('refuses another type for a column, naming both', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]));
    await expect(load(loadOrder(file, 2, [await sales(APPEND, "SELECT 'a' AS id")]))).rejects.toMatchObject({
      code: 'destination_conflict',
      message: `Column 'id' of table 'sales' is INTEGER, and the model now makes TEXT.`,
      hint: expect.stringContaining('AS') as string,
    });
  });
});

describe('replace', () => {
  test('has the rows of the newest run only, without columns of millrace', async () => {
    await load(loadOrder(file, 1, [await sales(REPLACE, 'SELECT range AS id FROM range(25)')]));
    await load(loadOrder(file, 2, [await sales(REPLACE, 'SELECT 7 AS id')]));
    expect(ask('SELECT * FROM sales')).toEqual([[7n]]);
  });

  test('keeps indexes of others while the columns stay, and takes new columns', async () => {
    await load(loadOrder(file, 1, [await sales(REPLACE, 'SELECT 1 AS id')]));
    change('CREATE INDEX mine ON sales (id)');
    await load(loadOrder(file, 2, [await sales(REPLACE, 'SELECT 2 AS id')]));
    expect(ask("SELECT name FROM sqlite_schema WHERE name = 'mine'")).toEqual([['mine']]);
    const { notices } = await load(loadOrder(file, 3, [await sales(REPLACE, "SELECT 'x' AS id")]));
    expect(notices).toEqual([expect.stringContaining('made anew')]);
    expect(ask('SELECT * FROM sales')).toEqual([['x']]);
  });
});

describe('merge', () => {
  test('replaces the row of a key wholly and leaves the others', async () => {
    await load(
      loadOrder(file, 1, [await sales(MERGE, "SELECT range AS id, 'old' AS name, 1 AS gone FROM range(3)")]),
    );
    await load(
      loadOrder(file, 2, [await sales(MERGE, "SELECT 1 AS id, 'new' AS name UNION ALL SELECT 3, NULL")]),
    );
    expect(ask('SELECT id, name, gone FROM sales ORDER BY id')).toEqual([
      [0n, 'old', 1n],
      [1n, 'new', null],
      [2n, 'old', 1n],
      [3n, null, null],
    ]);
    expect(ask('SELECT rows FROM _millrace_load_tables ORDER BY run_id')).toEqual([[3n], [2n]]);
  });

  test('works when every column is in the key', async () => {
    await load(loadOrder(file, 1, [await sales(MERGE, 'SELECT 1 AS id')]));
    const { tables } = await load(
      loadOrder(file, 2, [await sales(MERGE, 'SELECT range AS id FROM range(12)')]),
    );
    expect(tables).toEqual({ sales: 12 });
    expect(ask('SELECT count(*) FROM sales')).toEqual([[12n]]);
  });

  test.each([
    ['SELECT 5 AS id, 1 AS n UNION ALL SELECT 5, 2', 'has 2 rows with id = 5'],
    ['SELECT NULL::BIGINT AS id, 1 AS n', 'null in 1 of its rows'],
    ['SELECT 1 AS ids, 1 AS n', `Did you mean 'ids'`],
  ])('refuses rows without one key each: %s', async (query, message) => {
    await expect(load(loadOrder(file, 1, [await sales(MERGE, query)]))).rejects.toMatchObject({
      code: 'merge_key_invalid',
      message: expect.stringContaining(message) as string,
      where: 'models/sales.sql',
    });
  });
});

describe('a destination that cannot be used', () => {
  test('has a table of its own under the name', async () => {
    change('CREATE TABLE sales (id)');
    await expect(load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]))).rejects.toMatchObject({
      code: 'destination_conflict',
      message: expect.stringContaining('did not make') as string,
    });
  });

  test('has something of its own under the name of the view', async () => {
    change('CREATE TABLE sales_latest (id)');
    await expect(load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]))).rejects.toMatchObject({
      code: 'destination_conflict',
      message: expect.stringContaining(`a table 'sales_latest'`) as string,
    });
  });

  test('was written by a newer millrace', async () => {
    await load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]));
    change("UPDATE _millrace_meta SET value = '7' WHERE key = 'schema_version'");
    await expect(load(loadOrder(file, 2, [await sales(APPEND, 'SELECT 1 AS id')]))).rejects.toMatchObject({
      code: 'ledger_too_new',
      message: expect.stringMatching(/version 7, this process knows version 1/) as string,
    });
  });

  test('is locked by another process', async () => {
    change('CREATE TABLE other (id)');
    const holder = new Database(file);
    holder.exec('BEGIN IMMEDIATE');
    try {
      await expect(load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]))).rejects.toMatchObject({
        code: 'destination_unavailable',
        retry: 'later',
        message: expect.stringContaining('locked by another process') as string,
        where: file,
      });
    } finally {
      holder.close();
    }
  });

  test('is released while the load waits', async () => {
    const table = await sales(APPEND, 'SELECT 1 AS id');
    change('PRAGMA journal_mode = WAL; CREATE TABLE other (id)');
    const holder = new Database(file);
    holder.exec('BEGIN IMMEDIATE');
    let waited = 0;
    const outcome = await loadIntoSqlite(loadOrder(file, 1, [table]), SILENT, {
      lockWaitMs: 20_000,
      throwIfStopped: () => {
        waited += 1;
        if (holder.open) holder.close();
      },
    });
    expect(waited).toBeGreaterThan(0);
    expect(outcome.already).toBe(false);
  });

  test('is no database', async () => {
    await writeFile(
      file,
      'This is a text file and has been one for long enough to look like nothing else.'.repeat(20),
    );
    await expect(load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]))).rejects.toMatchObject({
      code: 'destination_conflict',
      message: expect.stringContaining('is not a SQLite database') as string,
      where: file,
    });
  });

  test('is a folder', async () => {
    await mkdir(file);
    await expect(load(loadOrder(file, 1, [await sales(APPEND, 'SELECT 1 AS id')]))).rejects.toMatchObject({
      code: 'destination_unusable',
      message: expect.stringContaining('cannot be opened') as string,
    });
  });

  test('is in a folder that is a file', async () => {
    await writeFile(path.join(folder, 'plain'), '');
    await expect(
      load(loadOrder(path.join(folder, 'plain', 'final.db'), 1, [await sales(APPEND, 'SELECT 1 AS id')])),
    ).rejects.toMatchObject({ code: 'destination_unusable', where: path.join(folder, 'plain') });
  });

  test('is in a folder that is missing like its parents, which are then made', async () => {
    const made = path.join(folder, 'not', 'there', 'final.db');
    expect((await load(loadOrder(made, 1, [await sales(APPEND, 'SELECT 1 AS id')]))).already).toBe(false);
  });
});

test('a load that is told to stop leaves nothing', async () => {
  const table = await sales(APPEND, 'SELECT range AS id FROM range(50000)');
  let asked = 0;
  const stopping = {
    lockWaitMs: 0,
    throwIfStopped: () => {
      if (++asked === 5) throw new Error('stopped');
    },
  };
  const order = loadOrder(file, 1, [table]);
  await expect(loadIntoSqlite(order, SILENT, stopping)).rejects.toThrow('stopped');
  expect(ask('SELECT count(*) FROM sqlite_schema')).toEqual([[0n]]);
});
