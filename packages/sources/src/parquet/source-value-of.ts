import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  type DuckDBValue,
} from '@millrace/shared/npm/duckdb';

import { ExactNumber, type SourceValue } from '../source-value.ts';

/**
 * A value of DuckDB as a source value. Decimals keep their digits; dates, times and UUIDs become the text that
 * DuckDB prints for them, ISO for dates and timestamps; a map becomes an array of `{key, value}`.
 */
export function sourceValueOf(value: DuckDBValue): SourceValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof DuckDBDecimalValue) return new ExactNumber(value.toString());
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(sourceValueOf);
  if (value instanceof DuckDBStructValue) return objectOf(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue) {
    return value.entries.map((entry) =>
      objectOf([
        ['key', entry.key],
        ['value', entry.value],
      ]),
    );
  }
  // Not as the Buffer that it is: JSON.stringify asks a Buffer first, and gets an object.
  if (value instanceof DuckDBBlobValue) return new Uint8Array(value.bytes);
  return value.toString();
}

function objectOf(entries: readonly (readonly [string, DuckDBValue])[]): SourceValue {
  const object = Object.create(null) as Record<string, SourceValue>;
  for (const [key, value] of entries) object[key] = sourceValueOf(value);
  return object;
}
