import { nativeCursor, type CursorRange } from '@millrace/shared/core/cursor';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';
import type { RowidRange } from '@millrace/shared/core/task';
import type { Statement } from 'better-sqlite3';

import type { SourceValue } from '../source-value.ts';
import type { SourceDatabase } from './open-hardened.ts';
import { ask } from './sqlite-error.ts';
import type { RelationChoice, SqliteColumn } from './sqlite-message.ts';

export type RowStatement = Statement<unknown[], SourceValue[]>;

/** What is to be read, found in its database. */
export interface Relation {
  /** The SELECT of its rows, as the user wrote it or without order. */
  readonly sql: string;
  /** The name as SQL of the table read, or null for a query. */
  readonly table: string | null;
  /** A name of the rowid that no column hides; null where rows have none that a number can hold. */
  readonly rowid: string | null;
  /** Smallest and largest rowid; null without rowids or without rows. */
  readonly rowids: RowidRange | null;
  readonly columns: readonly SqliteColumn[];
  /** The rows that are meant of all there are; null means all. */
  readonly filter: RowFilter | null;
  /** For messages: "table 'orders'", "the query SELECT …". */
  readonly what: string;
}

/** A condition in SQL with the values of its parameters. */
export interface RowFilter {
  readonly sql: string;
  readonly values: readonly (bigint | number | string)[];
}

/** The same relation, as far as its rows are within the range of a cursor. */
export function withinCursor(relation: Relation, { column, over, upTo }: CursorRange): Relation {
  // Without a greatest value there was no row at planning, and what has come since is for the next run.
  if (upTo === null) return { ...relation, filter: { sql: 'FALSE', values: [] } };
  const name = quoteIdentifier(column);
  const lower = over === null ? [] : [`${name} ${over.inclusive ? '>=' : '>'} ?`];
  return {
    ...relation,
    filter: {
      sql: [...lower, `${name} <= ?`].join(' AND '),
      values: [...(over === null ? [] : [over.value]), upTo].map(nativeCursor),
    },
  };
}

/** The SELECT of the relation's rows without its filter, fit to stand in brackets. */
export function selectAll({ sql }: Pick<Relation, 'sql'>): string {
  return sql.replace(/;\s*$/, '');
}

/**
 * Finds a table, view or query. Throws `schema_mismatch` when there is no such table, when the query is none, and
 * when two of its columns have the same name.
 */
export function findRelation(db: SourceDatabase, choice: RelationChoice, fileName: string): Relation {
  const { relation, query } = choice;
  if (query !== null) {
    const what = `the query ${query.trim()}`;
    const columns = columnsOf(db, query, what, fileName);
    return { sql: query, table: null, rowid: null, rowids: null, columns, filter: null, what };
  }
  const what = `table '${relation}'`;
  const { hasRowid } = findTable(db, relation, fileName);
  const table = quoteIdentifier(relation);
  const sql = `SELECT * FROM ${table}`;
  const columns = columnsOf(db, sql, what, fileName);
  const rowid = hasRowid ? visibleRowid(columns) : null;
  const unnumbered = { sql, table, rowid: null, rowids: null, columns, filter: null, what };
  if (rowid === null) return unnumbered;
  const [min, max] = ask(what, fileName, () => rowidEnds(db, table, rowid));
  if (min === null || max === null) return { ...unnumbered, rowid };
  const rowids = { from: Number(min), to: Number(max) };
  const isExact = Number.isSafeInteger(rowids.from) && Number.isSafeInteger(rowids.to);
  return isExact ? { ...unnumbered, rowid, rowids } : unnumbered;
}

/** Throws `schema_mismatch` with SQLite's message when the text is not one statement that gives rows. */
export function prepareRows(db: SourceDatabase, sql: string, what: string, fileName: string): RowStatement {
  const statement = ask(what, fileName, () => db.prepare(sql));
  if (statement.reader && statement.readonly) return statement.raw(true) as RowStatement;
  throw fail('schema_mismatch', {
    message: `SQLite cannot read ${what}: it is not a SELECT.`,
    where: fileName,
    hint: 'Write one SELECT.',
  });
}

const TABLES = `SELECT name, type = 'table' AND wr = 0 AS hasRowid FROM pragma_table_list
  WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`;

/** The tables and views that can be read. */
export function listTables(db: SourceDatabase, fileName: string): { name: string; hasRowid: bigint }[] {
  return ask('the list of tables', fileName, () =>
    db.prepare<[], { name: string; hasRowid: bigint }>(TABLES).all(),
  );
}

function findTable(db: SourceDatabase, name: string, fileName: string): { hasRowid: boolean } {
  const tables = listTables(db, fileName);
  const found = tables.find((table) => table.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return { hasRowid: found.hasRowid === 1n };
  const names = tables.map((table) => table.name);
  throw fail('schema_mismatch', {
    message: `The database has no table or view '${name}'.${didYouMean(name, names)}`,
    where: fileName,
    hint: names.length === 0 ? 'It has no tables at all.' : `It has: ${names.join(', ')}.`,
  });
}

function columnsOf(db: SourceDatabase, sql: string, what: string, fileName: string): SqliteColumn[] {
  const positions = new Map<string, number>();
  const columns = prepareRows(db, sql, what, fileName).columns();
  return columns.map(({ name, type }, index) => {
    const position = index + 1;
    const earlier = positions.get(name.toLowerCase());
    if (earlier !== undefined) {
      throw fail('schema_mismatch', {
        message: `Columns ${earlier} and ${position} of ${what} are both named '${name}'.`,
        where: fileName,
        hint: 'Give one of them another name with AS.',
      });
    }
    positions.set(name.toLowerCase(), position);
    return { name, declaredType: type };
  });
}

/** SQLite has three names for the rowid; a column of the same name hides one. */
function visibleRowid(columns: readonly SqliteColumn[]): string | null {
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name)) ?? null;
}

/** As two queries in one: SQLite looks up one end at once, but would read the whole table for both. */
function rowidEnds(db: SourceDatabase, table: string, rowid: string): [bigint | null, bigint | null] {
  const sql = `SELECT (SELECT min(${rowid}) FROM ${table}), (SELECT max(${rowid}) FROM ${table})`;
  return db.prepare(sql).raw(true).get() as [bigint | null, bigint | null];
}
