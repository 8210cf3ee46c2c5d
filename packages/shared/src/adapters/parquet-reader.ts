import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';

import type { ColumnSchema } from '../core/batch.ts';
import type { FieldFault, Reject, RejectReason } from '../core/reject.ts';
import { typeText } from './duckdb-type.ts';
import { readParquetSql, type Engine } from './duckdb.ts';
import { columnReader, type ColumnReader, type StoredValue } from './parquet-columns.ts';

/** Consecutive rows, column by column: `columns[c][r]`. */
export interface RowChunk {
  readonly columns: readonly (readonly StoredValue[])[];
  readonly rowCount: number;
}

export interface RowStream extends AsyncIterable<RowChunk> {
  readonly schema: readonly ColumnSchema[];
}

/**
 * Opens Parquet files of one table for reading in the order of the files and their rows. While a chunk is used,
 * native threads read the next. The caller has verified the files (`Bucket.open`). No files give no rows and an
 * empty schema. The stream must be iterated, once; leaving the loop early is fine.
 * @param options.rowsPerChunk a chunk has at least so many rows, except the last, and at most 2047 more
 */
export async function streamRows(
  engine: Engine,
  paths: readonly string[],
  options: { readonly rowsPerChunk: number },
): Promise<RowStream> {
  if (paths.length === 0) return { schema: [], [Symbol.asyncIterator]: noChunks };
  const connection = await engine.connect();
  try {
    const { schema, readers } = await describe(connection, paths);
    const select = readers.map((reader) => reader.sql).join(', ');
    const sql = `SELECT ${select} FROM ${readParquetSql(paths)}`;
    return {
      schema,
      [Symbol.asyncIterator]: () => readChunks(engine, connection, sql, readers, options.rowsPerChunk),
    };
  } catch (error) {
    connection.closeSync();
    throw engine.explain(error);
  }
}

/** Names and types of the columns of Parquet files, as the first of them has them. */
export async function readSchema(engine: Engine, paths: readonly string[]): Promise<ColumnSchema[]> {
  const connection = await engine.connect();
  try {
    return (await describe(connection, paths)).schema;
  } catch (error) {
    throw engine.explain(error);
  } finally {
    connection.closeSync();
  }
}

async function* noChunks(): AsyncGenerator<RowChunk> {}

interface Description {
  readonly schema: ColumnSchema[];
  readonly readers: ColumnReader[];
}

async function describe(connection: DuckDBConnection, paths: readonly string[]): Promise<Description> {
  const statement = await connection.prepare(`SELECT * FROM ${readParquetSql(paths)}`);
  try {
    const indexes = Array.from({ length: statement.columnCount }, (_, index) => index);
    return {
      schema: indexes.map((index) => ({
        name: statement.columnName(index),
        type: typeText(statement.columnType(index)),
      })),
      readers: indexes.map((index) => columnReader(statement.columnName(index), statement.columnType(index))),
    };
  } finally {
    statement.destroySync();
  }
}

async function* readChunks(
  engine: Engine,
  connection: DuckDBConnection,
  sql: string,
  readers: readonly ColumnReader[],
  rowsPerChunk: number,
): AsyncGenerator<RowChunk> {
  let next: Promise<DuckDBDataChunk | null> = Promise.resolve(null);
  try {
    const result = await connection.stream(sql);
    next = result.fetchChunk();
    let columns: StoredValue[][] = readers.map(() => []);
    let rowCount = 0;
    for (let chunk = await next; chunk !== null && chunk.rowCount > 0; chunk = await next) {
      next = result.fetchChunk();
      // Its failure is thrown when it is awaited; until then it must not end the process.
      next.catch(() => undefined);
      for (const [index, reader] of readers.entries()) {
        reader.take(chunk, index, columns[index] ?? []);
      }
      rowCount += chunk.rowCount;
      if (rowCount < rowsPerChunk) continue;
      yield { columns, rowCount };
      columns = readers.map(() => []);
      rowCount = 0;
    }
    if (rowCount > 0) yield { columns, rowCount };
  } catch (error) {
    throw engine.explain(error);
  } finally {
    // A caller that leaves its loop early ends here: what a native thread still reads must not be closed under it.
    await next.catch(() => undefined);
    connection.closeSync();
  }
}

export interface RejectFilter {
  readonly reason?: RejectReason;
  readonly table?: string;
  /** How many to give at most, in the order in which they were found. */
  readonly limit: number;
}

/** Rejects as `createRejectBatches` wrote them, with their run. */
export async function readRejects(
  engine: Engine,
  paths: readonly string[],
  filter: RejectFilter,
): Promise<(Reject & { readonly run: string })[]> {
  if (paths.length === 0) return [];
  const wanted = [
    ...(filter.reason === undefined ? [] : [{ condition: 'reason = $', value: filter.reason }]),
    ...(filter.table === undefined ? [] : [{ condition: 'table_name = $', value: filter.table }]),
  ];
  const where = wanted.map(({ condition }, index) => `${condition}${index + 1}`).join(' AND ');
  const rows = await engine.rows(
    `SELECT run, source, table_name, file, record_number, line, byte_offset, byte_length, reason, message, faults,
      raw, sha256
    FROM ${readParquetSql(paths)} ${where === '' ? '' : `WHERE ${where}`} LIMIT ${Math.trunc(filter.limit)}`,
    wanted.map(({ value }) => value),
  );
  return rows.map((row) => ({
    run: row['run'] as string,
    source: row['source'] as string,
    table: row['table_name'] as string | null,
    file: row['file'] as string,
    recordNumber: Number(row['record_number']),
    line: numberOrNull(row['line']),
    byteOffset: numberOrNull(row['byte_offset']),
    byteLength: numberOrNull(row['byte_length']),
    reason: row['reason'] as RejectReason,
    message: row['message'] as string,
    faults: JSON.parse(row['faults'] as string) as FieldFault[],
    raw: new Uint8Array(row['raw'] as Uint8Array),
    sha256: row['sha256'] as string,
  }));
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
