import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampValue,
  TIMESTAMP,
  VARCHAR,
  type DuckDBValue,
} from '@duckdb/node-api';

import { formatColumnType } from '../core/column-type.ts';
import type { Column } from '../core/pipeline.ts';
import type { Reject } from '../core/reject.ts';
import { BatchWriter, type BatchColumn, type BatchTarget } from './parquet-batches.ts';

/**
 * A value as its column's type holds it: text and json a string, integer a bigint, double a number, decimal the
 * unscaled bigint (12.34 of scale 2 is 1234n), boolean a boolean, date the days since 1970-01-01 as a number,
 * timestamp the microseconds since then in UTC as a bigint.
 */
export type TypedCell = string | bigint | number | boolean | null;
export type TypedRow = readonly TypedCell[];

/**
 * Writes typed rows, whose cells stand in the order of the columns, as Parquet batches. A cell that its type
 * cannot hold is a defect of the caller: it throws, because the engine would store another value without a word.
 */
export function createParquetBatches(
  target: BatchTarget & { readonly columns: readonly Column[] },
): BatchWriter<TypedRow> {
  return new BatchWriter(target.columns.map(typedColumn), target);
}

function typedColumn(column: Column, index: number): BatchColumn<TypedRow> {
  const { name, type } = column;
  const of = (engineType: BatchColumn<TypedRow>['type'], encode: (cell: TypedCell) => DuckDBValue) => ({
    name,
    type: engineType,
    extraBytes: null,
    read: (row: TypedRow) => {
      const cell = row[index];
      if (cell === null) return null;
      if (cell === undefined) throw notOfType(column, cell);
      return encode(cell);
    },
  });
  const expect = (kind: 'string' | 'bigint' | 'number' | 'boolean', cell: TypedCell) => {
    if (typeof cell !== kind) throw notOfType(column, cell);
    return cell;
  };
  switch (type.kind) {
    case 'text':
    case 'json':
      return {
        ...of(VARCHAR, (cell) => wellFormed(column, expect('string', cell) as string)),
        extraBytes: (row) => textLength(row[index]),
      };
    case 'integer':
      return of(BIGINT, (cell) => expect('bigint', cell));
    case 'double':
      return of(DOUBLE, (cell) => expect('number', cell));
    case 'boolean':
      return of(BOOLEAN, (cell) => expect('boolean', cell));
    case 'date':
      return of(DATE, (cell) => new DuckDBDateValue(expect('number', cell) as number));
    case 'timestamp':
      return of(TIMESTAMP, (cell) => new DuckDBTimestampValue(expect('bigint', cell) as bigint));
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision);
      return of(DECIMAL(type.precision, type.scale), (cell) => {
        const unscaled = expect('bigint', cell) as bigint;
        if (unscaled >= limit || unscaled <= -limit) throw notOfType(column, cell);
        return new DuckDBDecimalValue(unscaled, type.precision, type.scale);
      });
    }
  }
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** DuckDB's binding turns half a surrogate pair into U+FFFD. */
function wellFormed(column: Column, text: string): string {
  if (LONE_SURROGATE.test(text)) throw notOfType(column, text);
  return text;
}

function textLength(cell: TypedCell | undefined): number {
  return typeof cell === 'string' ? cell.length : 0;
}

function notOfType(column: Column, cell: TypedCell | undefined): TypeError {
  const value = JSON.stringify(typeof cell === 'bigint' ? String(cell) : cell)?.slice(0, 100);
  return new TypeError(
    `Column '${column.name}' of type ${formatColumnType(column.type)} was given the ${typeof cell} ${value}.`,
  );
}

/** The columns of a rejects object, in their order. Persisted: old runs are read by these names. */
const REJECT_COLUMNS: readonly BatchColumn<Reject>[] = [
  rejectText('source', (reject) => reject.source),
  rejectText('table_name', (reject) => reject.table),
  rejectText('file', (reject) => reject.file),
  rejectCount('record_number', (reject) => reject.recordNumber),
  rejectCount('line', (reject) => reject.line),
  rejectCount('byte_offset', (reject) => reject.byteOffset),
  rejectCount('byte_length', (reject) => reject.byteLength),
  rejectText('reason', (reject) => reject.reason),
  rejectText('message', (reject) => reject.message),
  rejectText('faults', (reject) => JSON.stringify(reject.faults)),
  {
    name: 'raw',
    type: BLOB,
    read: (reject) => new DuckDBBlobValue(reject.raw),
    extraBytes: (reject) => reject.raw.byteLength,
  },
  rejectText('sha256', (reject) => reject.sha256),
];

/** Writes rejects as Parquet objects that `readRejects` reads. */
export function createRejectBatches(target: BatchTarget & { readonly run: string }): BatchWriter<Reject> {
  return new BatchWriter([rejectText('run', () => target.run), ...REJECT_COLUMNS], target);
}

/** Half a surrogate pair in a message or an excerpt becomes U+FFFD here: the exact bytes are in `raw`. */
function rejectText(name: string, read: (reject: Reject) => string | null): BatchColumn<Reject> {
  return { name, type: VARCHAR, read, extraBytes: null };
}

function rejectCount(name: string, read: (reject: Reject) => number | null): BatchColumn<Reject> {
  return {
    name,
    type: BIGINT,
    extraBytes: null,
    read: (reject) => {
      const count = read(reject);
      return count === null ? null : BigInt(count);
    },
  };
}
