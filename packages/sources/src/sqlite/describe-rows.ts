import type { CursorRange } from '@millrace/shared/core/cursor';
import type { RowidRange } from '@millrace/shared/core/task';

import type { SourceValue } from '../source-value.ts';
import type { SourceDatabase } from './open-hardened.ts';
import { findCursorColumn, formOf, readCursorGroups } from './cursor-facts.ts';
import { decideCursorRange } from './cursor-range.ts';
import type { CursorWish } from './cursor-wish.ts';
import { prepareRows, withinCursor, type Relation } from './relation.ts';
import { ask } from './sqlite-error.ts';
import type { RawDescription, SqliteTask } from './sqlite-message.ts';

type DescribeTask = Extract<SqliteTask, { kind: 'describe' }>;

/** Rows that types are told from. They come from several places, since a table often begins unlike it goes on. */
const SAMPLED_ROWS = 2000;
const SAMPLED_PLACES = 10;

/** Rows of a table that one task reads. */
const PARTITION_ROWS = 500_000;

/**
 * Columns, ranges and some rows of a relation. With a cursor, the ranges are of the rows to be read by it; the
 * samples are of all rows, so that a table has the same types in every run.
 */
export function describeRows(
  db: SourceDatabase,
  relation: Relation,
  { cursor: wish, ranges, fileName }: Pick<DescribeTask, 'cursor' | 'ranges' | 'fileName'>,
): RawDescription {
  const cursor = wish === null ? null : findCursorRange(db, relation, wish, fileName);
  const toRead = cursor === null ? relation : withinCursor(relation, cursor);
  return {
    columns: relation.columns,
    cursor,
    ranges: ranges ?? ask(relation.what, fileName, () => cutRowids(db, toRead, fileName)),
    samples: ask(relation.what, fileName, () => sampleRows(db, relation, fileName)),
  };
}

function findCursorRange(
  db: SourceDatabase,
  relation: Relation,
  wish: CursorWish,
  fileName: string,
): CursorRange {
  const column = findCursorColumn(relation, wish.column, fileName);
  return decideCursorRange(
    { ...wish, column },
    {
      groups: readCursorGroups(db, relation, column, fileName),
      afterForm: wish.after === null ? null : formOf(db, wish.after),
      what: relation.what,
      fileName,
    },
  );
}

/**
 * Counts from range to range, which is one walk along the table inside SQLite: rowids may have gaps of any size, so
 * ranges of equal width could be a billion, or hold all rows in one.
 */
function cutRowids(db: SourceDatabase, relation: Relation, fileName: string): RowidRange[] {
  const { table, rowid, rowids, filter, what } = relation;
  if (table === null || rowid === null || rowids === null) return [];
  const { from, to } = rowids;
  if (to - from < PARTITION_ROWS) return [rowids];
  // Rows that change are another run's: only a renumbering could then put a row in two ranges, or in none.
  if (filter !== null && !keepsRowids(db, table, rowid)) return [rowids];
  const isWanted = filter === null ? '' : ` AND ${filter.sql}`;
  const values = filter?.values ?? [];
  const later = prepareRows(
    db,
    `SELECT ${rowid} FROM ${table} WHERE ${rowid} >= ?${isWanted} ORDER BY ${rowid} LIMIT 1 OFFSET ${PARTITION_ROWS}`,
    what,
    fileName,
  );
  const ranges: RowidRange[] = [];
  for (let start = from; ;) {
    const found = later.get(BigInt(start), ...values)?.[0];
    if (found === undefined) return [...ranges, { from: start, to }];
    ranges.push({ from: start, to: Number(found) - 1 });
    start = Number(found);
  }
}

/** Whether rowids are those of an INTEGER PRIMARY KEY: VACUUM numbers all others anew. */
function keepsRowids(db: SourceDatabase, table: string, rowid: string): boolean {
  const origin = db.prepare(`SELECT ${rowid} FROM ${table}`).columns()[0]?.column ?? rowid;
  return !['rowid', '_rowid_', 'oid'].includes(origin.toLowerCase());
}

function sampleRows(db: SourceDatabase, relation: Relation, fileName: string): SourceValue[][] {
  const { sql, table, rowid, rowids, what } = relation;
  const span = rowids === null ? 0 : rowids.to - rowids.from;
  if (table === null || rowids === null || span < SAMPLED_ROWS) {
    return firstRows(prepareRows(db, sql, what, fileName).iterate(), SAMPLED_ROWS);
  }
  const some = prepareRows(
    db,
    `SELECT * FROM ${table} WHERE ${rowid} >= ? ORDER BY ${rowid} LIMIT ${SAMPLED_ROWS / SAMPLED_PLACES}`,
    what,
    fileName,
  );
  const places = Array.from({ length: SAMPLED_PLACES }, (_, place) =>
    Math.floor(rowids.from + (span * place) / SAMPLED_PLACES),
  );
  return places.flatMap((place) => some.all(BigInt(place)));
}

/** Of an iterator rather than with LIMIT: a query may have one already, and cannot always be put into another. */
function firstRows(rows: Iterable<SourceValue[]>, most: number): SourceValue[][] {
  const first: SourceValue[][] = [];
  for (const row of rows) {
    first.push(row);
    if (first.length === most) break;
  }
  return first;
}
