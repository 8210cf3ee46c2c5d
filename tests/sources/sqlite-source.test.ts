import { existsSync, readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { formatColumnType } from '@millrace/shared/core/column-type';
import type { RowidRange } from '@millrace/shared/core/task';
import { columnsFromSqlite } from '@millrace/sources/infer/columns-from-sqlite';
import { compileJudge } from '@millrace/sources/judge/judge';
import { describeRelation, listRelations } from '@millrace/sources/sqlite/describe-relation';
import { readSqliteRows } from '@millrace/sources/sqlite/read-sqlite-rows';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const CHINOOK = path.resolve(import.meta.dirname, '../../../shared/data/chinook/chinook.sqlite');
const CHINOOK_ROWS = {
  Album: 347,
  Artist: 275,
  Customer: 59,
  Employee: 8,
  Genre: 25,
  Invoice: 412,
  InvoiceLine: 2240,
  MediaType: 5,
  Playlist: 18,
  PlaylistTrack: 8715,
  Track: 3503,
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-sqlite-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

let made = 0;
/** A new database made by the statements. */
function database(...statements: string[]): string {
  const file = path.join(dir, `${(made += 1)}.db`);
  const db = new Database(file);
  for (const statement of statements) db.exec(statement);
  db.close();
  return file;
}

interface Wish {
  readonly relation?: string;
  readonly query?: string;
  readonly range?: RowidRange;
  readonly signal?: AbortSignal;
}

const stream = (file: string, { relation = 't', query, range, signal }: Wish = {}) =>
  readSqliteRows({
    path: file,
    fileName: path.basename(file),
    relation,
    query: query ?? null,
    range: range ?? null,
    ...(signal === undefined ? {} : { signal }),
  });

/** Rows as [record number, values or reason]. */
async function read(file: string, wish?: Wish): Promise<[number, unknown][]> {
  const rows: [number, unknown][] = [];
  for await (const chunk of stream(file, wish)) {
    for (const { recordNumber, content } of chunk.records) {
      rows.push([recordNumber, content.ok ? Object.values(content.value as object) : content.reason]);
    }
  }
  return rows;
}

const numbers = async (file: string, wish?: Wish) => (await read(file, wish)).map(([number]) => number);

describe('rows', () => {
  test('keep what SQLite stores: 64-bit integers, reals, text with NUL, bytes, null', async () => {
    const file = database(
      'CREATE TABLE t (a, b, c, d, e)',
      "INSERT INTO t VALUES (9223372036854775807, 5.0, 'x' || char(0) || 'y', x'00ff', NULL)",
    );
    const [row] = await read(file);
    expect(row).toEqual([1, [9223372036854775807n, 5, 'x\0y', new Uint8Array([0, 255]), null]]);
  });

  test('have a raw form that is JSON', async () => {
    const file = database(
      'CREATE TABLE t (a, b, c, d)',
      "INSERT INTO t VALUES (9007199254740993, 9e999, x'0aff', 'ü')",
    );
    for await (const chunk of stream(file)) {
      expect(Buffer.from(chunk.records[0]?.raw() ?? []).toString()).toBe(
        '{"a":9007199254740993,"b":{"$number":"Infinity"},"c":{"$bytes":"0aff"},"d":"ü"}',
      );
    }
  });

  test('of a table are numbered by rowid, also when its column hides that name', async () => {
    const insert = 'INSERT INTO t (_rowid_, rowid) VALUES (70, 1), (-3, 2), (12, 3)';
    expect(await read(database('CREATE TABLE t (rowid TEXT)', insert))).toEqual([
      [-3, ['2']],
      [12, ['3']],
      [70, ['1']],
    ]);
  });

  test('of views, queries and tables without rowid are numbered by position', async () => {
    const file = database(
      'CREATE TABLE t (k TEXT PRIMARY KEY) WITHOUT ROWID',
      "INSERT INTO t VALUES ('a'), ('b')",
      'CREATE VIEW v AS SELECT k FROM t ORDER BY k DESC',
    );
    expect(await numbers(file)).toEqual([1, 2]);
    expect(await read(file, { relation: 'v' })).toEqual([
      [1, ['b']],
      [2, ['a']],
    ]);
    expect(await read(file, { query: "SELECT k FROM t WHERE k > 'a'; " })).toEqual([[1, ['b']]]);
  });

  test('of a range include both ends, and ranges side by side give every row once', async () => {
    const file = database(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, x)',
      'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i * 3, i FROM n',
    );
    expect(await numbers(file, { range: { from: 3, to: 9 } })).toEqual([3, 6, 9]);
    const parts = await Promise.all([
      numbers(file, { range: { from: 3, to: 7000 } }),
      numbers(file, { range: { from: 7001, to: 15_000 } }),
    ]);
    expect(parts.flat()).toEqual(await numbers(file));
    expect(parts.flat()).toHaveLength(5000);
  });

  test('are the same in memory that other rows were in before', async () => {
    // What a value is changes with the row and from message to message, and so does how long it is.
    const cell = (shift: number) =>
      `CASE (i + i / 4096 + ${shift}) % 5 WHEN 0 THEN NULL WHEN 1 THEN i WHEN 2 THEN i + 0.5
        WHEN 3 THEN 'row ' || i || hex(zeroblob(i / 4096 * 7)) ELSE CAST('bytes ' || i AS BLOB) END`;
    const file = database(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)',
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
        INSERT INTO t SELECT i, ${cell(0)}, ${cell(2)} FROM n`,
    );
    const db = new Database(file, { readonly: true });
    const stored = db.prepare('SELECT * FROM t').safeIntegers(true).raw().all() as unknown[][];
    db.close();
    const plain = (values: unknown[]) =>
      values.map((value) =>
        value instanceof Uint8Array ? `blob ${Buffer.from(value).toString('hex')}` : value,
      );
    const rows = await read(file);
    expect(rows.map(([, values]) => plain(values as unknown[]))).toEqual(stored.map(plain));
  });

  test('of any name of table or column', async () => {
    const file = database(
      'CREATE TABLE "a""b; DROP TABLE x" ("select" , "__proto__")',
      'INSERT INTO "a""b; DROP TABLE x" VALUES (1, 2)',
    );
    expect(await read(file, { relation: 'a"b; DROP TABLE x' })).toEqual([[1, [1n, 2n]]]);
  });

  test('with text that is not Unicode are rejected; a U+FFFD that is stored is text', async () => {
    const file = database(
      'CREATE TABLE t (a)',
      "INSERT INTO t VALUES (CAST(x'61ff' AS TEXT)), ('\uFFFD'), ('ok'), (CAST(x'eda080' AS TEXT))",
      'CREATE TABLE w (k PRIMARY KEY) WITHOUT ROWID',
      'INSERT INTO w SELECT a FROM t',
    );
    const expected = ['invalid_utf8', ['\uFFFD'], ['ok'], 'invalid_utf8'];
    expect((await read(file)).map(([, row]) => row)).toEqual(expected);
    expect((await read(file, { query: 'SELECT a FROM t ORDER BY rowid' })).map(([, row]) => row)).toEqual(
      expected,
    );
    expect((await read(file, { relation: 'w' })).filter(([, row]) => row === 'invalid_utf8')).toHaveLength(2);
  });

  test('of a database in UTF-16 are read as they are', async () => {
    const file = database(
      "PRAGMA encoding = 'UTF-16be'",
      'CREATE TABLE t (a)',
      "INSERT INTO t VALUES ('Þ\uFFFD\u{1F40E}')",
    );
    expect(await read(file)).toEqual([[1, ['Þ\uFFFD\u{1F40E}']]]);
  });

  test('are one snapshot, even while another program writes', async () => {
    const file = database(
      'PRAGMA journal_mode = WAL',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, x)',
      'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT i, 1 FROM n',
    );
    const writer = new Database(file);
    try {
      let rows = 0;
      for await (const chunk of stream(file)) {
        if (rows === 0) writer.exec('DELETE FROM t WHERE id > 10000; UPDATE t SET x = 2');
        rows += chunk.records.length;
        for (const { content } of chunk.records)
          expect(content.ok && (content.value as { x: bigint }).x).toBe(1n);
      }
      expect(rows).toBe(20_000);
    } finally {
      writer.close();
    }
  });
});

describe('the thread', () => {
  const endless = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
  const thinking =
    'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT count(*) FROM n';

  test('leaves the event loop free while a query thinks', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await read(database('CREATE TABLE t (a)'), { query: thinking });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });

  test.skipIf(process.platform !== 'linux')(
    'ends, and lets go of the file, when its reader leaves',
    async () => {
      const file = database('CREATE TABLE t (a)');
      const opened = () =>
        readdirSync('/proc/self/fd').filter((fd) => {
          const link = `/proc/self/fd/${fd}`;
          return existsSync(link) && readlinkSync(link) === file;
        });
      for await (const chunk of stream(file, { query: endless })) {
        expect(chunk.records).toHaveLength(4096);
        expect(opened()).toHaveLength(1);
        break;
      }
      expect(opened()).toEqual([]);
    },
  );

  test('is given up when the signal says so', async () => {
    const controller = new AbortController();
    const reading = read(database('CREATE TABLE t (a)'), { query: endless, signal: controller.signal });
    controller.abort(new Error('the worker stops'));
    await expect(reading).rejects.toThrow('the worker stops');
    await expect(
      read(database('CREATE TABLE t (a)'), { query: endless, signal: controller.signal }),
    ).rejects.toThrow('the worker stops');
  });
});

describe('errors', () => {
  test.each([
    ['text', 'id,name\n1,x\n', 'The file is not a SQLite database: it begins with "id,name\\n1,x\\n".'],
    ['nothing', '', 'The file is not a SQLite database: it is empty.'],
    ['an HTML page', '<!doctype html><p>', 'The file is not a SQLite database: it is an HTML page.'],
  ])('%s is no database', async (name, content, message) => {
    const file = path.join(dir, `${name}.db`);
    await writeFile(file, content);
    await expect(read(file)).rejects.toMatchObject({ code: 'file_format', message, where: `${name}.db` });
  });

  test('a file that is not there', async () => {
    await expect(read(path.join(dir, 'none.db'))).rejects.toMatchObject({ code: 'source_unavailable' });
  });

  test('a table that is not there: the ones that are, and the one that was meant', async () => {
    const file = database('CREATE TABLE orders (a)', 'CREATE VIEW customers AS SELECT 1 AS a');
    await expect(read(file, { relation: 'order' })).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: "The database has no table or view 'order'. Did you mean 'orders'?",
      hint: 'It has: customers, orders.',
    });
  });

  test.each([
    ['SELECT nope FROM t', 'no such column: nope'],
    ['SELEC 1', 'syntax error'],
    ['', 'no statements'],
    ['SELECT 1; SELECT 2', 'more than one statement'],
    ['DELETE FROM t', 'it is not a SELECT'],
    ['DELETE FROM t RETURNING a', 'it is not a SELECT'],
    ["ATTACH 'other.db' AS other", 'it is not a SELECT'],
    ['SELECT 1 AS a, 2 AS A', "both named 'A'"],
    ['SELECT load_extension(a) FROM t', 'load_extension'],
  ])('the query %j', async (query, words) => {
    const file = database('CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)');
    await expect(read(file, { query })).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining(words) as string,
    });
    expect(await read(file)).toEqual([[1, [1n]]]);
  });

  test('a query that fails at some row', async () => {
    const file = database('CREATE TABLE t (a)', "INSERT INTO t VALUES ('{}'), ('{')");
    await expect(read(file, { query: "SELECT json_extract(a, '$') FROM t" })).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('malformed JSON') as string,
    });
  });

  test('a database that somebody holds can be read later', async () => {
    const file = database('CREATE TABLE t (a)');
    const holder = new Database(file);
    holder.exec('BEGIN EXCLUSIVE');
    await expect(read(file)).rejects.toMatchObject({ code: 'source_unavailable', retry: 'may_help' });
    holder.close();
  });

  test('a table that lost its rowids after planning', async () => {
    const file = database('CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID', 'INSERT INTO t VALUES (1)');
    await expect(read(file, { range: { from: 1, to: 9 } })).rejects.toMatchObject({ code: 'source_changed' });
  });

  test('damage in the middle of a table is met by planning at once, and by reading after the rows before it', async () => {
    const file = database(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)',
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) INSERT INTO t SELECT i, 'row ' || i FROM n",
    );
    const bytes = readFileSync(file);
    const page = Math.floor(bytes.length / 4096 / 2) * 4096;
    await writeFile(file, bytes.fill(0xa5, page, page + 4096));
    await expect(describeRelation({ path: file, relation: 't', query: null })).rejects.toMatchObject({
      code: 'file_unreadable',
    });
    let rows = 0;
    const reading = (async () => {
      for await (const chunk of stream(file)) rows += chunk.records.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'file_unreadable' });
    expect(rows).toBeGreaterThan(1000);
  });
});

describe('a description', () => {
  test('has columns with their declared types, rowids, and rows from all over the table', async () => {
    const file = database(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, x NUMERIC(10,2), y)',
      'WITH RECURSIVE n (i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 50004) INSERT INTO t SELECT i, i / 4.0, NULL FROM n',
    );
    const { columns, ranges, samples } = await describeRelation({ path: file, relation: 't', query: null });
    expect(columns).toEqual([
      { name: 'id', declaredType: 'INTEGER' },
      { name: 'x', declaredType: 'NUMERIC(10,2)' },
      { name: 'y', declaredType: null },
    ]);
    expect(ranges).toEqual([{ from: 5, to: 50_004 }]);
    const ids = samples.map((row) => Number((row as { id: bigint }).id));
    expect(ids).toHaveLength(2000);
    expect(Math.max(...ids)).toBeGreaterThan(40_000);
    expect(Math.min(...ids)).toBe(5);
  });

  test('of a view or query has no rowids; of an empty table neither', async () => {
    const file = database('CREATE TABLE t (a INTEGER)', 'CREATE VIEW v AS SELECT a, a + 1 AS b FROM t');
    expect(await describeRelation({ path: file, relation: 'v', query: null })).toMatchObject({
      columns: [
        { name: 'a', declaredType: 'INTEGER' },
        { name: 'b', declaredType: null },
      ],
      ranges: [],
      samples: [],
    });
    expect(await describeRelation({ path: file, relation: 't', query: null })).toMatchObject({
      ranges: [],
    });
  });

  test('cuts by rows and not by rowids, which may have gaps of any size', async () => {
    const sparse = database(
      'CREATE TABLE t (id INTEGER PRIMARY KEY)',
      'INSERT INTO t VALUES (-9007199254740990), (-5), (0), (9007199254740990)',
    );
    expect(await describeRelation({ path: sparse, relation: 't', query: null })).toMatchObject({
      ranges: [{ from: -9_007_199_254_740_990, to: 9_007_199_254_740_990 }],
    });
    const gappy = database(
      'CREATE TABLE t (id INTEGER PRIMARY KEY)',
      'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500003) INSERT INTO t SELECT i * 1000 FROM n',
    );
    expect(await describeRelation({ path: gappy, relation: 't', query: null })).toMatchObject({
      ranges: [
        { from: 1000, to: 500_000_999 },
        { from: 500_001_000, to: 500_003_000 },
      ],
    });
  });

  test('of rowids that a number cannot hold has none, so that nothing is cut by them', async () => {
    const file = database(
      'CREATE TABLE t (id INTEGER PRIMARY KEY)',
      'INSERT INTO t VALUES (1), (9223372036854775807)',
    );
    expect(await describeRelation({ path: file, relation: 't', query: null })).toMatchObject({
      ranges: [],
    });
    expect(await numbers(file)).toEqual([1, 2]);
  });
});

describe.skipIf(!existsSync(CHINOOK))('a real database (needs the shared data)', () => {
  test('gives all rows of all tables', async () => {
    expect(await listRelations(CHINOOK)).toEqual(Object.keys(CHINOOK_ROWS));
    const counts: Record<string, number> = {};
    for (const table of Object.keys(CHINOOK_ROWS))
      counts[table] = (await read(CHINOOK, { relation: table })).length;
    expect(counts).toEqual(CHINOOK_ROWS);
    expect(
      await read(CHINOOK, { query: 'SELECT round(sum(UnitPrice * Quantity), 2) FROM InvoiceLine' }),
    ).toEqual([[1, [2328.6]]]);
  });

  test('has columns that all of its rows fit', async () => {
    const types: Record<string, string> = {};
    for (const name of Object.keys(CHINOOK_ROWS)) {
      const columns = columnsFromSqlite([
        await describeRelation({ path: CHINOOK, relation: name, query: null }),
      ]);
      const table = {
        name,
        source: 's',
        key: [],
        each: null,
        columns,
        inferred: true,
        query: null,
        relation: name,
      };
      const { judge } = compileJudge([table], 'sqlite');
      for await (const chunk of stream(CHINOOK, { relation: name })) {
        for (const { content } of chunk.records) {
          expect(content.ok ? judge(content.value) : content).toMatchObject({ ok: true });
        }
      }
      for (const column of columns) types[`${name}.${column.name}`] = formatColumnType(column.type);
    }
    expect(types).toMatchObject({
      'Invoice.InvoiceId': 'integer',
      'Invoice.InvoiceDate': 'timestamp',
      'Invoice.Total': 'decimal(10,2)',
      'Customer.PostalCode': 'text',
      'Employee.BirthDate': 'timestamp',
    });
  });

  test('that is damaged anywhere is refused or read, and never takes the process along', async () => {
    const original = readFileSync(CHINOOK);
    const random = randomNumbers(24);
    const outcomes: string[] = [];
    for (let mutant = 0; mutant < 24; mutant += 1) {
      const bytes = Buffer.from(original);
      const at = mutant < 10 ? random(100) : random(bytes.length);
      const length = mutant % 2 === 0 ? 1 : 1 + random(5000);
      for (let index = at; index < Math.min(at + length, bytes.length); index += 1)
        bytes[index] = random(256);
      const file = path.join(dir, `mutant-${mutant}.db`);
      await writeFile(file, mutant % 5 === 4 ? bytes.subarray(0, random(bytes.length)) : bytes);
      outcomes.push(await outcome(() => describeRelation({ path: file, relation: 'Track', query: null })));
      outcomes.push(await outcome(() => read(file, { relation: 'Track' })));
      await rm(file);
    }
    const allowed = ['read', 'file_format', 'file_unreadable', 'schema_mismatch', 'source_unavailable'];
    expect(outcomes.filter((one) => !allowed.includes(one))).toEqual([]);
    expect(outcomes).toContain('file_unreadable');
    expect(outcomes).toContain('file_format');
  });
});

async function outcome(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
    return 'read';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
