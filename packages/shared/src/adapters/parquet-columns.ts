import type { DuckDBTimestampValue } from '@duckdb/node-api';
import {
  DuckDBBlobVector,
  DuckDBDecimal128Vector,
  DuckDBDecimal16Vector,
  DuckDBDecimal32Vector,
  DuckDBDecimal64Vector,
  DuckDBTimestampVector,
  DuckDBTypeId,
  type DuckDBType,
  type DuckDBVector,
} from '@duckdb/node-api';

import { decimalText } from '../core/decimal-text.ts';
import { quoteIdentifier } from '../core/sql-text.ts';
import { timestampFormatter } from '../core/timestamp-text.ts';

/**
 * A stored value as JavaScript holds it exactly: integers are bigints, FLOAT and DOUBLE numbers, BOOLEAN a boolean,
 * BLOB bytes, and all else text: DECIMAL with the zeros of its scale, times in UTC as `YYYY-MM-DD HH:MM:SS[.ffffff]`,
 * lists, structs and maps as JSON.
 */
export type StoredValue = string | bigint | number | boolean | Uint8Array | null;

/** How one column is asked for and taken out of a vector. */
export interface ColumnReader {
  readonly sql: string;
  readonly take: (vector: DuckDBVector, into: StoredValue[]) => void;
}

export function columnReader(name: string, type: DuckDBType): ColumnReader {
  const column = quoteIdentifier(name);
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.DOUBLE:
      return { sql: column, take: takePlain };
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
      return { sql: `CAST(${column} AS BIGINT)`, take: takePlain };
    case DuckDBTypeId.FLOAT:
      return { sql: `CAST(${column} AS DOUBLE)`, take: takePlain };
    case DuckDBTypeId.DECIMAL:
      return { sql: column, take: takeDecimals(type.scale) };
    case DuckDBTypeId.TIMESTAMP:
      return { sql: column, take: takeTimestamps() };
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return { sql: `CAST(${column} AS TIMESTAMP)`, take: takeTimestamps() };
    case DuckDBTypeId.TIMESTAMP_TZ:
      return { sql: `${column} AT TIME ZONE 'UTC'`, take: takeTimestamps() };
    case DuckDBTypeId.BLOB:
      return { sql: column, take: takeBytes };
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
    case DuckDBTypeId.STRUCT:
    case DuckDBTypeId.MAP:
    case DuckDBTypeId.UNION:
      return { sql: `encode(CAST(to_json(${column}) AS VARCHAR))`, take: takeText };
    default:
      return { sql: `encode(CAST(${column} AS VARCHAR))`, take: takeText };
  }
}

function takePlain(vector: DuckDBVector, into: StoredValue[]): void {
  for (let row = 0; row < vector.itemCount; row += 1) into.push(vector.getItem(row) as StoredValue);
}

function takeDecimals(scale: number): ColumnReader['take'] {
  return (vector, into) => {
    if (
      !(vector instanceof DuckDBDecimal16Vector) &&
      !(vector instanceof DuckDBDecimal32Vector) &&
      !(vector instanceof DuckDBDecimal64Vector) &&
      !(vector instanceof DuckDBDecimal128Vector)
    ) {
      throw unexpected(vector);
    }
    for (let row = 0; row < vector.itemCount; row += 1) {
      const unscaled = vector.getScaledValue(row);
      into.push(unscaled === null ? null : decimalText(BigInt(unscaled), scale));
    }
  };
}

function takeTimestamps(): ColumnReader['take'] {
  const format = timestampFormatter();
  return (vector, into) => {
    if (!(vector instanceof DuckDBTimestampVector)) throw unexpected(vector);
    for (let row = 0; row < vector.itemCount; row += 1) {
      const value: DuckDBTimestampValue | null = vector.getItem(row);
      // DuckDB's own text for infinity and for years that are not of four digits.
      into.push(value === null ? null : (format(value.micros) ?? value.toString()));
    }
  };
}

function takeBytes(vector: DuckDBVector, into: StoredValue[]): void {
  if (!(vector instanceof DuckDBBlobVector)) throw unexpected(vector);
  // A copy: the bytes may lie in the chunk's own memory.
  for (let row = 0; row < vector.itemCount; row += 1) into.push(vector.getItemBytes(row)?.slice() ?? null);
}

/** Text is asked for as its bytes, because the binding's own decoder drops a leading U+FEFF. */
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

function takeText(vector: DuckDBVector, into: StoredValue[]): void {
  if (!(vector instanceof DuckDBBlobVector)) throw unexpected(vector);
  for (let row = 0; row < vector.itemCount; row += 1) {
    const bytes = vector.getItemBytes(row);
    into.push(bytes === null ? null : UTF8.decode(bytes));
  }
}

function unexpected(vector: DuckDBVector): TypeError {
  return new TypeError(`DuckDB gave a vector of ${vector.type.toString()} where another was asked for.`);
}
