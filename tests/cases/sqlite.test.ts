import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describeRelation } from '@millrace/sources/sqlite/describe-relation';
import { readSqliteRows } from '@millrace/sources/sqlite/read-sqlite-rows';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { extractContent, extractFile } from '../support/extract-folder.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-cases-sqlite-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

let made = 0;
/** The bytes of a database made by the statements. */
async function database(...statements: string[]): Promise<Buffer> {
  const file = path.join(dir, `${(made += 1)}.db`);
  const db = new Database(file);
  // What others wrote need not be what this driver would let one write.
  db.unsafeMode();
  for (const statement of statements) db.exec(statement);
  db.close();
  const bytes = await readFile(file);
  await rm(file);
  return bytes;
}

const ROWS = `CREATE TABLE data (a INTEGER PRIMARY KEY, b TEXT);
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  INSERT INTO data SELECT i, 'row number ' || i FROM n`;

/** The rows of table `data` and the reasons of its rejects, as planner and extractor find them. */
async function outcome(bytes: Uint8Array, columns?: Record<string, unknown>) {
  const { tables, rejects, files } = await extractFile('sqlite', 'data.db', bytes, {
    ...(columns === undefined ? {} : { columns }),
  });
  return {
    rows: tables['data'] ?? [],
    rejects: rejects.map(({ recordNumber, reason, faults }) => [
      recordNumber,
      reason,
      faults.map(({ column }) => column).join(),
    ]),
    counts: files['data.db'],
  };
}

/** With some bytes written over. */
function patched(bytes: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
}

describe('files that are no sound database', () => {
  test('B24 a file of 0 bytes', async () => {
    await expect(outcome(Buffer.alloc(0))).rejects.toMatchObject({
      code: 'file_format',
      message: 'The file is not a SQLite database: it is empty.',
    });
  });

  test('B24 a text file', async () => {
    await expect(outcome(Buffer.from('id,name\n1,x\n'))).rejects.toMatchObject({ code: 'file_format' });
  });

  test('B24 a file that looks encrypted', async () => {
    await expect(outcome(randomBytes(8192))).rejects.toMatchObject({
      code: 'file_format',
      hint: expect.stringContaining('encrypted') as string,
    });
    // The first page as it should be, all others not: as an encryption that leaves the header alone.
    const bytes = await database(ROWS);
    const mangled = Buffer.concat([bytes.subarray(0, 100), randomBytes(bytes.length - 100)]);
    await expect(outcome(mangled)).rejects.toMatchObject({
      code: expect.stringMatching(/^file_(format|unreadable)$/) as string,
    });
  });

  test('B24 a wrong header', async () => {
    const bytes = await database(ROWS);
    await expect(outcome(patched(bytes, 0, 0x73))).rejects.toMatchObject({ code: 'file_format' });
    for (const pageSize of [
      [0x00, 0x64],
      [0x10, 0x01],
      [0x00, 0x00],
    ]) {
      await expect(outcome(patched(bytes, 16, ...pageSize))).rejects.toMatchObject({ code: 'file_format' });
    }
    await expect(outcome(patched(bytes, 21, 1, 2, 3))).rejects.toMatchObject({ code: 'file_format' });
  });

  test('B24 a file that is cut off', async () => {
    const bytes = await database(ROWS);
    for (const length of [50, 99, 512, 4096, 8192, bytes.length - 4096, bytes.length - 1]) {
      await expect(outcome(bytes.subarray(0, length)), `cut at ${length}`).rejects.toMatchObject({
        code: expect.stringMatching(/^file_(format|unreadable)$/) as string,
        where: expect.stringContaining('data.db') as string,
      });
    }
  });

  test('B24 pages of garbage', async () => {
    const bytes = await database(ROWS);
    for (let page = 4096; page < bytes.length; page += 4096 * 5) {
      const garbage = Buffer.from(bytes);
      garbage.fill(0xa5, page, page + 4096);
      await expect(outcome(garbage), `page at ${page}`).rejects.toMatchObject({ code: 'file_unreadable' });
    }
  });

  test('B24 a schema format and a file format that are newer than this SQLite', async () => {
    const bytes = await database(ROWS);
    await expect(outcome(patched(bytes, 47, 9))).rejects.toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining('unsupported file format') as string,
    });
    await expect(outcome(patched(bytes, 18, 9, 9))).rejects.toMatchObject({ code: 'file_format' });
  });
});

describe('sound databases of all sorts', () => {
  test('B24 pages of the largest size', async () => {
    const { rows, rejects } = await outcome(await database('PRAGMA page_size = 65536', ROWS));
    expect(rows).toHaveLength(3000);
    expect(rejects).toEqual([]);
  });

  test('B24 a view that calls functions: harmless ones are called, others are not', async () => {
    const harmless = await outcome(
      await database("CREATE VIEW data AS SELECT upper('x') || abs(-1) AS a UNION ALL SELECT 'y'"),
    );
    expect(harmless.rows.map(({ a }) => a)).toEqual(['X1', 'y']);
    const loading = await database("CREATE VIEW data AS SELECT load_extension('/tmp/evil') AS a");
    await expect(outcome(loading)).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringMatching(/unsafe use of|not authorized|no such function/) as string,
    });
  });

  test('B24 a view that reads a virtual table which shows the inside of the file', async () => {
    const bytes = await database(
      'CREATE TABLE t (a)',
      "CREATE VIEW data AS SELECT name AS a FROM pragma_table_list UNION ALL SELECT 'x'",
    );
    await expect(outcome(bytes)).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('unsafe use of virtual table') as string,
    });
  });

  test('B24 virtual tables: those that SQLite knows are read, others are said', async () => {
    const { rows } = await outcome(
      await database('CREATE VIRTUAL TABLE data USING fts5(a)', "INSERT INTO data VALUES ('one'), ('two')"),
    );
    expect(rows.map(({ a }) => a)).toEqual(['one', 'two']);
    const unknown = await database(
      'CREATE TABLE other (a)',
      'PRAGMA writable_schema = ON',
      "INSERT INTO sqlite_schema VALUES ('table', 'data', 'data', 0, 'CREATE VIRTUAL TABLE data USING nobody(a)')",
    );
    await expect(outcome(unknown)).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('no such module: nobody') as string,
    });
  });

  test('B24 triggers are not run', async () => {
    const { rows } = await outcome(
      await database(
        'CREATE TABLE data (a INTEGER)',
        'INSERT INTO data VALUES (1)',
        'CREATE TRIGGER t AFTER INSERT ON data BEGIN DELETE FROM data; END',
      ),
    );
    expect(rows).toEqual([{ a: 1n }]);
  });

  test('B24 generated columns, stored and not', async () => {
    const { rows } = await outcome(
      await database(
        "CREATE TABLE data (a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2) STORED, c TEXT AS ('n' || a) VIRTUAL)",
        'INSERT INTO data VALUES (21)',
      ),
    );
    expect(rows).toEqual([{ a: 21n, b: 42n, c: 'n21' }]);
  });

  test('B24 a table WITHOUT ROWID', async () => {
    const { rows } = await outcome(
      await database(
        'CREATE TABLE data (a TEXT PRIMARY KEY) WITHOUT ROWID',
        "INSERT INTO data VALUES ('b'), ('a')",
      ),
    );
    expect(rows).toEqual([{ a: 'a' }, { a: 'b' }]);
  });

  test('B24 a table named "; drop', async () => {
    const name = '"; DROP TABLE data; --';
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const bytes = await database(
      `CREATE TABLE ${quoted} ("a""; --" INTEGER, "select" TEXT)`,
      `INSERT INTO ${quoted} VALUES (1, 'x')`,
      'CREATE TABLE data (a)',
    );
    const { tables } = await extractContent({
      sources: { app: { type: 'sqlite', path: 'app.db', tables: { odd: { table: name } } } },
      files: { 'app.db': bytes },
    });
    expect(tables['odd']).toEqual([{ 'a"; --': 1n, select: 'x' }]);
  });
});

describe('values that are not of their declared type', () => {
  test('B24 infinity is refused; NaN cannot be stored, and is null', async () => {
    const bytes = await database(
      'CREATE TABLE data (a REAL)',
      'INSERT INTO data VALUES (1.5), (9e999), (-9e999), (9e999 - 9e999)',
    );
    expect(await outcome(bytes, { a: { type: 'double' } })).toMatchObject({
      rows: [{ a: 1.5 }, { a: null }],
      rejects: [
        [2, 'number_out_of_range', 'a'],
        [3, 'number_out_of_range', 'a'],
      ],
      counts: { seen: 4, accepted: 2, rejected: 2, blank: 0 },
    });
  });

  test('B24 bytes in a column of text, text in a column of integers', async () => {
    const bytes = await database(
      'CREATE TABLE data (a INTEGER, b TEXT)',
      "INSERT INTO data VALUES (1, 'x'), (2, x'00ff'), ('many', 'y'), (2.5, x'00')",
    );
    // Without declared columns the types are those of the database.
    expect(await outcome(bytes)).toMatchObject({
      rows: [{ a: 1n, b: 'x' }],
      rejects: [
        [2, 'type_mismatch', 'b'],
        [3, 'type_mismatch', 'a'],
        [4, 'type_mismatch', 'a,b'],
      ],
    });
  });

  test('B24 text that is not UTF-8', async () => {
    const bytes = await database(
      'CREATE TABLE data (a TEXT)',
      "INSERT INTO data VALUES ('ok'), (CAST(x'61ff' AS TEXT)), (CAST(x'c080' AS TEXT)), ('\uFFFD')",
    );
    expect(await outcome(bytes)).toMatchObject({
      rows: [{ a: 'ok' }, { a: '\uFFFD' }],
      rejects: [
        [2, 'invalid_utf8', ''],
        [3, 'invalid_utf8', ''],
      ],
    });
  });

  test('B24 dates as text, seconds and Julian days: the declared one is taken, the others are refused', async () => {
    const bytes = await database(
      'CREATE TABLE data (a)',
      "INSERT INTO data VALUES ('2026-11-22 06:00:00'), (1795327200), (2461366.75)",
    );
    const iso = await outcome(bytes, { a: { type: 'timestamp' } });
    expect(iso.rows).toHaveLength(1);
    expect(iso.rejects).toEqual([
      [2, 'type_mismatch', 'a'],
      [3, 'type_mismatch', 'a'],
    ]);
    const seconds = await outcome(bytes, { a: { type: 'timestamp', format: 'epoch_s' } });
    expect(seconds.rejects).toContainEqual([1, 'type_mismatch', 'a']);
    expect(seconds.rows[0]).toEqual(iso.rows[0]);
  });
});

describe('damage at random', () => {
  const MUTANTS = 150;

  test(`B24 of ${MUTANTS} mutants each is refused, or read as SQLite reads it`, async () => {
    const original = await database(
      'PRAGMA page_size = 1024',
      'CREATE TABLE data (a INTEGER PRIMARY KEY, b TEXT, c REAL)',
      'CREATE INDEX by_b ON data (b)',
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
       INSERT INTO data SELECT i, 'row number ' || i, i / 7.0 FROM n`,
    );
    const random = randomNumbers(24);
    const outcomes = new Map<string, number>();
    for (let mutant = 0; mutant < MUTANTS; mutant += 1) {
      const file = path.join(dir, `mutant-${mutant}.db`);
      await writeFile(file, mutate(original, mutant, random));
      const found = await readMutant(file);
      outcomes.set(found, (outcomes.get(found) ?? 0) + 1);
      await rm(file);
    }
    expect([...outcomes.keys()].sort()).toEqual(['file_format', 'file_unreadable', 'read']);
    expect(outcomes.get('file_unreadable')).toBeGreaterThan(MUTANTS / 3);
  });

  async function readMutant(file: string): Promise<string> {
    const rows: unknown[] = [];
    try {
      await describeRelation({ path: file, relation: 'data', query: null });
      const stream = readSqliteRows({
        path: file,
        fileName: path.basename(file),
        relation: 'data',
        query: null,
        range: null,
      });
      for await (const { records } of stream) {
        for (const { content } of records)
          rows.push(content.ok ? Object.values(content.value as object) : null);
      }
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
    expect(rows).toEqual(rowsByDriver(file));
    return 'read';
  }
});

/** Rows as the driver gives them, null in place of those with text that cannot be decoded. */
function rowsByDriver(file: string): unknown[] {
  const db = new Database(file, { readonly: true });
  try {
    const rows = db.prepare('SELECT * FROM data ORDER BY rowid').safeIntegers().raw().all() as unknown[][];
    return rows.map((row) =>
      row.some((value) => typeof value === 'string' && value.includes('\uFFFD')) ? null : row,
    );
  } finally {
    db.close();
  }
}

/** One byte or some, in the header, in the middle of pages or where cells begin; every fifth is cut off as well. */
function mutate(original: Buffer, mutant: number, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(original);
  const at = mutant % 3 === 0 ? random(100) : random(bytes.length);
  const length = mutant % 2 === 0 ? 1 : 1 + random(600);
  for (let index = at; index < Math.min(at + length, bytes.length); index += 1) bytes[index] = random(256);
  return mutant % 5 === 4 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
