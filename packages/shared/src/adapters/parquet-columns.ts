import { STORAGE_WIDTH } from '../core/columns/column-store.ts';
import { decimalText } from '../core/decimal-text.ts';
import { quoteIdentifier } from '../core/sql-text.ts';
import { timestampFormatter } from '../core/timestamp-text.ts';
import { DuckDBTimestampValue, DuckDBTypeId, type DuckDBDataChunk, type DuckDBType } from '../npm/duckdb.ts';
import { chunkVector, forEachString, type ChunkVector } from './duckdb-vector.ts';

/**
 * A stored value as JavaScript holds it exactly: integers are bigints, FLOAT and DOUBLE numbers, BOOLEAN a boolean,
 * BLOB bytes, and all else text: DECIMAL with the zeros of its scale, times in UTC as `YYYY-MM-DD HH:MM:SS[.ffffff]`,
 * lists, structs and maps as JSON.
 */
export type StoredValue = string | bigint | number | boolean | Uint8Array | null;

/** How one column is asked for, and taken out of a chunk. */
export interface ColumnReader {
  readonly sql: string;
  /** Appends the values of a chunk's column. */
  readonly take: (chunk: DuckDBDataChunk, column: number, into: StoredValue[]) => void;
}

export function columnReader(name: string, type: DuckDBType): ColumnReader {
  const column = quoteIdentifier(name);
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return {
        sql: column,
        take: takeValues(
          1,
          ({ data }) =>
            (row) =>
              data[row] !== 0,
        ),
      };
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
      return { sql: `CAST(${column} AS BIGINT)`, take: takeValues(8, int64) };
    case DuckDBTypeId.BIGINT:
      return { sql: column, take: takeValues(8, int64) };
    case DuckDBTypeId.UBIGINT:
      return { sql: `CAST(${column} AS HUGEINT)`, take: takeValues(16, int128) };
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return { sql: `CAST(${column} AS DOUBLE)`, take: takeValues(8, double) };
    case DuckDBTypeId.DECIMAL:
      return { sql: column, take: takeDecimals(type.width, type.scale) };
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return { sql: `CAST(${column} AS TIMESTAMP)`, take: takeTimestamps() };
    case DuckDBTypeId.TIMESTAMP_TZ:
      return { sql: `${column} AT TIME ZONE 'UTC'`, take: takeTimestamps() };
    case DuckDBTypeId.BLOB:
      return { sql: column, take: takeBytes };
    case DuckDBTypeId.VARCHAR:
      return { sql: column, take: takeText };
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
    case DuckDBTypeId.STRUCT:
    case DuckDBTypeId.MAP:
      return { sql: `CAST(to_json(${column}) AS VARCHAR)`, take: takeText };
    default:
      return { sql: `CAST(${column} AS VARCHAR)`, take: takeText };
  }
}

type ValueAt<T> = (row: number) => T;

function takeValues(
  width: number,
  open: (vector: ChunkVector) => ValueAt<StoredValue>,
): ColumnReader['take'] {
  return (chunk, column, into) => {
    const vector = chunkVector(chunk, column, width);
    const valueAt = open(vector);
    for (let row = 0; row < vector.rowCount; row += 1) into.push(vector.isNull(row) ? null : valueAt(row));
  };
}

function int64({ data, rowCount }: ChunkVector): ValueAt<bigint> {
  const items = new BigInt64Array(data.buffer, data.byteOffset, rowCount);
  return (row) => items[row] as bigint;
}

function int128({ data, rowCount }: ChunkVector): ValueAt<bigint> {
  const lower = new BigUint64Array(data.buffer, data.byteOffset, rowCount * 2);
  const upper = new BigInt64Array(data.buffer, data.byteOffset, rowCount * 2);
  return (row) => ((upper[row * 2 + 1] as bigint) << 64n) + (lower[row * 2] as bigint);
}

function double({ data, rowCount }: ChunkVector): ValueAt<number> {
  const items = new Float64Array(data.buffer, data.byteOffset, rowCount);
  return (row) => items[row] as number;
}

/** DuckDB keeps a decimal in the smallest integer that its width fits into. */
function takeDecimals(width: number, scale: number): ColumnReader['take'] {
  if (width <= 9) {
    const open = width <= 4 ? int16 : int32;
    return takeValues(width <= 4 ? 2 : 4, (vector) => {
      const unscaled = open(vector);
      return (row) => decimalText(BigInt(unscaled(row)), scale);
    });
  }
  const open = width <= 18 ? int64 : int128;
  return takeValues(width <= 18 ? 8 : 16, (vector) => {
    const unscaled = open(vector);
    return (row) => decimalText(unscaled(row), scale);
  });
}

function int16({ data, rowCount }: ChunkVector): ValueAt<number> {
  const items = new Int16Array(data.buffer, data.byteOffset, rowCount);
  return (row) => items[row] as number;
}

function int32({ data, rowCount }: ChunkVector): ValueAt<number> {
  const items = new Int32Array(data.buffer, data.byteOffset, rowCount);
  return (row) => items[row] as number;
}

function takeTimestamps(): ColumnReader['take'] {
  const format = timestampFormatter();
  return takeValues(8, (vector) => {
    const micros = int64(vector);
    return (row) => {
      const value = micros(row);
      // DuckDB's own text for infinity and for years that are not of four digits.
      return format(value) ?? new DuckDBTimestampValue(value).toString();
    };
  });
}

function takeBytes(chunk: DuckDBDataChunk, column: number, into: StoredValue[]): void {
  takeStrings(chunk, column, into, (bytes, start, end) => new Uint8Array(bytes.subarray(start, end)));
}

/** `toString` and not a TextDecoder, which drops a leading U+FEFF: it is part of the value. */
function takeText(chunk: DuckDBDataChunk, column: number, into: StoredValue[]): void {
  takeStrings(chunk, column, into, (bytes, start, end) => bytes.toString('utf8', start, end));
}

function takeStrings(
  chunk: DuckDBDataChunk,
  column: number,
  into: StoredValue[],
  read: (bytes: Buffer, start: number, end: number) => StoredValue,
): void {
  const vector = chunkVector(chunk, column, STORAGE_WIDTH.text);
  const base = into.length;
  for (let row = 0; row < vector.rowCount; row += 1) into.push(null);
  forEachString(vector, (row, bytes, start, end) => {
    into[base + row] = read(bytes, start, end);
  });
}
