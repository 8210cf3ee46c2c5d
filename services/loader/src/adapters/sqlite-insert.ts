import type { RowChunk } from '@millrace/shared/adapters/parquet-reader';
import type { Database } from 'better-sqlite3';

import type { SqliteColumn } from '../core/sqlite-column.ts';
import { insertRows, rowsPerInsert, type InsertTarget } from '../core/sqlite-statements.ts';
import type { SqliteValue } from '../core/sqlite-value.ts';

/**
 * Makes the function that inserts chunks of rows into one table and returns how many rows SQLite says it wrote.
 * Needs an open transaction. Throws for values that SQLite cannot keep.
 */
export function createInserter(
  db: Database,
  target: InsertTarget,
  columns: readonly SqliteColumn[],
): (chunk: RowChunk) => number {
  const width = columns.length;
  const perStatement = rowsPerInsert(width);
  const many = db.prepare<[SqliteValue[]]>(insertRows(target, perStatement));
  const one = db.prepare<[SqliteValue[]]>(insertRows(target, 1));
  const manyValues = new Array<SqliteValue>(width * perStatement);
  const oneValues = new Array<SqliteValue>(width);

  /** Puts the values of `count` rows from `row` on into `into`, row by row. */
  function gather(chunk: RowChunk, row: number, count: number, into: SqliteValue[]): SqliteValue[] {
    for (let column = 0; column < width; column += 1) {
      const values = chunk.columns[column] ?? [];
      const convert = columns[column]?.convert ?? null;
      for (let next = 0; next < count; next += 1) {
        const value = values[row + next] ?? null;
        into[next * width + column] =
          value === null || convert === null ? (value as SqliteValue) : convert(value);
      }
    }
    return into;
  }

  return (chunk) => {
    let written = 0;
    let row = 0;
    for (; row + perStatement <= chunk.rowCount; row += perStatement) {
      written += many.run(gather(chunk, row, perStatement, manyValues)).changes;
    }
    for (; row < chunk.rowCount; row += 1) written += one.run(gather(chunk, row, 1, oneValues)).changes;
    return written;
  };
}
