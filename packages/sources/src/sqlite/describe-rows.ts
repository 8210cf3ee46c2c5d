import type { RowidRange } from '@millrace/shared/core/task';

import type { SourceValue } from '../source-value.ts';
import type { SourceDatabase } from './open-hardened.ts';
import { prepareRows, type Relation } from './relation.ts';
import { ask } from './sqlite-error.ts';
import type { RawDescription } from './sqlite-message.ts';

/** Rows that types are told from. They come from several places, since a table often begins unlike it goes on. */
const SAMPLED_ROWS = 2000;
const SAMPLED_PLACES = 10;

/** Rows of a table that one task reads. */
const PARTITION_ROWS = 500_000;

/** Columns, ranges and some rows of a relation. */
export function describeRows(db: SourceDatabase, relation: Relation, fileName: string): RawDescription {
  return {
    columns: relation.columns,
    ranges: ask(relation.what, fileName, () => cutRowids(db, relation, fileName)),
    samples: ask(relation.what, fileName, () => sampleRows(db, relation, fileName)),
  };
}

/**
 * Counts from range to range, which is one walk along the table inside SQLite: rowids may have gaps of any size, so
 * ranges of equal width could be a billion, or hold all rows in one.
 */
function cutRowids(db: SourceDatabase, relation: Relation, fileName: string): RowidRange[] {
  const { table, rowid, rowids, what } = relation;
  if (table === null || rowids === null) return [];
  const { from, to } = rowids;
  if (to - from < PARTITION_ROWS) return [rowids];
  const later = prepareRows(
    db,
    `SELECT ${rowid} FROM ${table} WHERE ${rowid} >= ? ORDER BY ${rowid} LIMIT 1 OFFSET ${PARTITION_ROWS}`,
    what,
    fileName,
  );
  const ranges: RowidRange[] = [];
  for (let start = from; ;) {
    const found = later.get(BigInt(start))?.[0];
    if (found === undefined) return [...ranges, { from: start, to }];
    ranges.push({ from: start, to: Number(found) - 1 });
    start = Number(found);
  }
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
