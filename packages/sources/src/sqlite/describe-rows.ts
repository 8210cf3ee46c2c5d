import type { SourceValue } from '../source-value.ts';
import type { SourceDatabase } from './open-hardened.ts';
import { prepareRows, type Relation } from './relation.ts';
import { ask } from './sqlite-error.ts';
import type { RawDescription } from './sqlite-message.ts';

/** Rows that types are told from. They come from several places, since a table often begins unlike it goes on. */
const SAMPLED_ROWS = 2000;
const SAMPLED_PLACES = 10;

/** Columns, extent and some rows of a relation, without reading all of it. */
export function describeRows(db: SourceDatabase, relation: Relation, fileName: string): RawDescription {
  return {
    columns: relation.columns,
    rowids: relation.rowids,
    samples: ask(relation.what, fileName, () => sampleRows(db, relation, fileName)),
  };
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
