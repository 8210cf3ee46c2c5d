import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { CursorValue } from '@millrace/shared/core/cursor';
import { LEDGER_DDL } from '@millrace/shared/core/ledger-schema';
import { openPartition } from '@millrace/sources/read/open-partition';
import { databaseVersion } from '@millrace/sources/sqlite/database-version';
import { describeRelation } from '@millrace/sources/sqlite/describe-relation';
import { readSqliteRows } from '@millrace/sources/sqlite/read-sqlite-rows';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';

import { changeSource, writeCursorPipeline } from '../support/cursor-pipeline.ts';
import { planFolder } from '../support/extract-folder.ts';

let dir: string;
let file: string;
let db: Database.Database;
beforeEach(async () => {
  dir = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-cursor-')));
  file = path.join(dir, 'app.db');
  db = new Database(file);
});
afterEach(async () => {
  db.close();
  await rm(dir, { recursive: true, force: true });
});

interface Wish {
  readonly relation?: string;
  readonly query?: string | null;
  readonly after?: CursorValue | null;
  readonly column?: string;
}

const describeCursor = ({ relation = 't', query = null, after = null, column = 'c' }: Wish = {}) =>
  describeRelation({
    path: file,
    relation,
    query,
    cursor: { column, lag: null, epoch: null, after, plannedAt: '2026-11-22T06:00:00.000Z' },
  });

/** The first column of the rows that are read with what planning decided. */
async function readBy(wish: Wish): Promise<unknown[]> {
  const { cursor, ranges } = await describeCursor(wish);
  const values: unknown[] = [];
  for (const range of ranges.length > 1 ? ranges : [null]) {
    const { relation = 't', query = null } = wish;
    for await (const { records } of readSqliteRows({
      path: file,
      fileName: 'app.db',
      relation,
      query,
      range,
      cursor,
    })) {
      for (const { content } of records)
        values.push(content.ok ? Object.values(content.value as object)[0] : content.reason);
    }
  }
  return values;
}

const integer = (value: number): CursorValue => ({ type: 'integer', text: String(value) });
const text = (value: string): CursorValue => ({ type: 'text', text: value });

describe('rows by a cursor', () => {
  beforeEach(() => {
    db.exec(
      "CREATE TABLE t (a TEXT, c INTEGER); INSERT INTO t VALUES ('one', 1), ('two', 2), ('three', 3), ('tie', 3)",
    );
  });

  it('are those of a table, a table without rowids, a view and a query beyond the watermark', async () => {
    db.exec('CREATE TABLE w (a TEXT PRIMARY KEY, c INTEGER) WITHOUT ROWID; INSERT INTO w SELECT * FROM t');
    db.exec('CREATE VIEW v AS SELECT a, c + 10 AS c FROM t');
    expect(await readBy({ after: integer(2) })).toEqual(['three', 'tie']);
    expect(await readBy({ relation: 'w', after: integer(2) })).toEqual(['three', 'tie']);
    expect(await readBy({ relation: 'v', after: integer(11) })).toEqual(['two', 'three', 'tie']);
    expect(await readBy({ query: 'SELECT a, c FROM t ORDER BY a DESC; ', after: integer(1) })).toEqual([
      'two',
      'tie',
      'three',
    ]);
    expect(await readBy({ column: 'C' })).toEqual(['one', 'two', 'three', 'tie']);
  });

  it('have their undecodable text found among the rows that are read', async () => {
    db.exec("INSERT INTO t VALUES ('first', 0), (CAST(x'61ff' AS TEXT), 4)");
    expect(await readBy({ after: integer(2) })).toEqual(['three', 'tie', 'invalid_utf8']);
    expect(await readBy({ query: 'SELECT * FROM t', after: integer(2) })).toEqual([
      'three',
      'tie',
      'invalid_utf8',
    ]);
  });

  it('that come after planning are left to the next run', async () => {
    const { cursor } = await describeCursor({ after: integer(2) });
    db.exec("INSERT INTO t VALUES ('late', 4)");
    const rows: unknown[] = [];
    for await (const { records } of readSqliteRows({
      path: file,
      fileName: 'app.db',
      relation: 't',
      query: null,
      range: null,
      cursor,
    })) {
      rows.push(...records);
    }
    expect(rows).toHaveLength(2);
  });

  it('are none of a table that was empty when it was planned', async () => {
    db.exec('DELETE FROM t');
    const { cursor } = await describeCursor();
    expect(cursor?.upTo).toBeNull();
    db.exec("INSERT INTO t VALUES ('late', 4)");
    const stream = readSqliteRows({
      path: file,
      fileName: 'app.db',
      relation: 't',
      query: null,
      range: null,
      cursor,
    });
    for await (const { records } of stream) expect(records).toEqual([]);
  });

  it('need a column of that name', async () => {
    await expect(describeCursor({ column: 'd' })).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining("The cursor 'd' is not a column of table 't'.") as string,
      hint: 'It has: a, c.',
    });
  });
});

test('ranges are cut by the rows that are read, and only where rowids last', async () => {
  const numbers = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000100)';
  db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, c INTEGER); ${numbers} INSERT INTO t SELECT i, i FROM n`);
  db.exec('CREATE TABLE loose (a, c INTEGER); INSERT INTO loose SELECT id, c FROM t');
  expect((await describeCursor({ after: integer(900_000) })).ranges).toHaveLength(1);
  const { ranges } = await describeCursor({ after: integer(100) });
  expect(ranges).toHaveLength(2);
  const counted = ranges.map(({ from, to }) =>
    db.prepare('SELECT count(*) FROM t WHERE id BETWEEN ? AND ? AND c > 100').pluck().get(from, to),
  );
  expect(counted).toEqual([500_000, 500_000]);
  expect((await describeCursor({ relation: 'loose', after: integer(100) })).ranges).toHaveLength(1);
});

describe('forms of text', () => {
  const sorted = (values: readonly string[]) => {
    db.exec('CREATE TABLE t (c TEXT)');
    for (const value of values) db.prepare('INSERT INTO t VALUES (?)').run(value);
    return describeCursor();
  };

  it.each([
    [['2026-11-21', '2026-11-22']],
    [['2026-11-21 05:00:00', '2026-11-21 05:00:00.5', '2026-11-21 05:00:00.123456']],
    [['2026-11-21T05:00:00.000Z', '2026-11-21T05:00:00.001Z']],
    [['2026-11-21T05:00:00+00:00', '2026-11-21T05:00:00.123456+00:00']],
    [['2026-11-21T05:00:00-0500', '2026-11-21T06:00:00-0500']],
  ])('that sort as times: %j', async (values) => {
    const { cursor } = await sorted(values);
    expect(cursor?.upTo).toEqual(text([...values].sort().at(-1) ?? ''));
  });

  it.each([
    [['2026-11-21', '2026-11-21 05:00:00']],
    [['2026-11-21 05:00:00', '2026-11-21T05:00:00']],
    [['2026-11-21T05:00:00Z', '2026-11-21T05:00:00.5Z']],
    [['2026-11-21T05:00:00+01:00', '2026-11-21T05:00:00+02:00']],
    [['2026-11-21T05:00:00', '2026-11-21T05:00:00Z']],
    [['21.11.2026']],
    [['2026-11-21T05:00:00x']],
    [['2026-11-21T05:00:00 Z']],
    [['2026-11-2']],
    [['']],
  ])('that do not: %j', async (values) => {
    await expect(sorted(values)).rejects.toMatchObject({ code: 'schema_mismatch' });
  });
});

describe('a pipeline is refused that would lose rows or double them', () => {
  const plan = async (table: string, load: string, destination?: string) => {
    changeSource(dir, 'CREATE TABLE events (id INTEGER)', 'INSERT INTO events VALUES (1)');
    const pipeline = { table, load, ...(destination === undefined ? {} : { destination }) };
    return planFolder(await writeCursorPipeline(dir, pipeline));
  };

  it.each([
    ['cursor: id', 'replace', 'take the place of all others'],
    ['cursor: id, lag: 5', 'append', 'published twice'],
    ['lag: 5', 'append', 'has none'],
    ['cursor: id, lag: soon', 'append', 'is not a lag'],
  ])('{ %s } loaded with %s', async (table, load, words) => {
    await expect(plan(table, load)).rejects.toMatchObject({
      code: 'pipeline_invalid',
      message: expect.stringContaining(words) as string,
    });
  });

  it('with append to destinations of which one has less than the other; with merge it begins at the lower', async () => {
    const watermark = (name: string, value: number) => {
      const destination = new Database(path.join(dir, name));
      for (const statement of LEDGER_DDL) destination.exec(statement);
      destination
        .prepare(
          "INSERT INTO _millrace_watermarks VALUES ('events', 'app', 'events', 'app.db', 'id', ?, 'r')",
        )
        .run(BigInt(value));
      destination.close();
    };
    watermark('one.db', 7);
    watermark('two.db', 5);
    const both = '[{ type: sqlite, path: one.db }, { type: sqlite, path: two.db }]';
    await expect(plan('cursor: id', 'append', both)).rejects.toMatchObject({
      code: 'pipeline_invalid',
      message: expect.stringContaining('(7, 5)') as string,
    });
    changeSource(dir, 'DROP TABLE events');
    const { cursors } = await plan('cursor: id', '{ merge: [id] }', both);
    expect(cursors).toMatchObject([
      { found: [{ value: integer(7) }, { value: integer(5) }], after: integer(5), upTo: integer(5) },
    ]);
  });

  it('with a lag, merged: it is fine, and the plan says from where to where', async () => {
    const { cursors } = await plan('cursor: id, lag: 5', '{ merge: [id] }');
    expect(cursors).toEqual([
      {
        source: 'app',
        table: 'events',
        file: 'app.db',
        column: 'id',
        found: [null],
        after: null,
        upTo: integer(1),
      },
    ]);
  });
});

describe('the version of a database', () => {
  it.each(['delete', 'wal'])('differs after every commit, with journal_mode %s', async (mode) => {
    db.pragma(`journal_mode = ${mode}`);
    const seen = new Set<string>();
    db.exec('CREATE TABLE t (a)');
    for (let commit = 0; commit < 5; commit += 1) {
      db.exec(`INSERT INTO t VALUES (${commit})`);
      seen.add(await databaseVersion(file));
      expect(await databaseVersion(file)).toBe([...seen].at(-1));
    }
    expect(seen.size).toBe(5);
  });

  it('is not changed by readers', async () => {
    db.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    db.close();
    const before = await databaseVersion(file);
    await describeRelation({ path: file, relation: 't', query: null });
    expect(await databaseVersion(file)).toBe(before);
  });
});

test('a table in ranges may not be written to since planning; a table in one, and a query, may', async () => {
  db.exec(
    `CREATE TABLE events (id INTEGER PRIMARY KEY);
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500100) INSERT INTO events SELECT i FROM n`,
  );
  /** What the check after reading says of the first task. */
  const check = async (table: string, change: string) => {
    const plan = await planFolder(await writeCursorPipeline(dir, { table, load: 'append' }));
    db.exec(change);
    const tasks = plan.tasks.filter((task) => task.kind === 'extract');
    const [part] = tasks[0] === undefined ? [] : openPartition(plan, tasks[0], new AbortController().signal);
    await part?.checkUnchanged();
    return tasks.length;
  };
  expect(await check('', '')).toBe(2);
  await expect(check('', 'UPDATE events SET id = 0 WHERE id = 1')).rejects.toMatchObject({
    code: 'source_changed',
    where: 'app.db',
    hint: expect.stringContaining('in one transaction') as string,
  });
  expect(await check('query: SELECT * FROM events', 'UPDATE events SET id = 1 WHERE id = 0')).toBe(1);
  expect(await check('cursor: id', 'UPDATE events SET id = 0 WHERE id = 1')).toBe(2);
});
