import { BIGINT, BLOB, VARCHAR, type DuckDBType } from '@duckdb/node-api';

import type { Column } from '../core/pipeline.ts';
import type { Reject } from '../core/reject.ts';
import { ColumnBuffer, StringColumnBuffer } from './duckdb-column-buffer.ts';
import { BatchWriter, type BatchColumn, type BatchTarget } from './parquet-batches.ts';
import type { TypedRow } from '../core/typed-cell.ts';
import { typedColumn } from './parquet-typed-column.ts';

/**
 * Writes typed rows, whose cells stand in the order of the columns, as Parquet batches. A cell that its type
 * cannot hold is a defect of the caller: it throws, because the engine would store another value without a word.
 */
export function createParquetBatches(
  target: BatchTarget & { readonly columns: readonly Column[] },
): BatchWriter<TypedRow> {
  return new BatchWriter(target.columns.map(typedColumn), target);
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
  { ...rejectString('raw', BLOB, (reject) => reject.raw), extraBytes: (reject) => reject.raw.byteLength },
  rejectText('sha256', (reject) => reject.sha256),
];

/** Writes rejects as Parquet objects that `readRejects` reads. */
export function createRejectBatches(target: BatchTarget & { readonly run: string }): BatchWriter<Reject> {
  return new BatchWriter([rejectText('run', () => target.run), ...REJECT_COLUMNS], target);
}

/** Half a surrogate pair in a message or an excerpt becomes U+FFFD here: the exact bytes are in `raw`. */
function rejectText(name: string, read: (reject: Reject) => string | null): BatchColumn<Reject> {
  return rejectString(name, VARCHAR, read);
}

function rejectString(
  name: string,
  type: DuckDBType,
  read: (reject: Reject) => string | Uint8Array | null,
): BatchColumn<Reject> {
  return {
    name,
    type,
    extraBytes: null,
    createBuffer: () => {
      const buffer = new StringColumnBuffer();
      return {
        fill: (rejects) => rejects.forEach((reject, row) => buffer.set(row, read(reject))),
        moveTo: buffer.moveTo.bind(buffer),
      };
    },
  };
}

function rejectCount(name: string, read: (reject: Reject) => number | null): BatchColumn<Reject> {
  return {
    name,
    type: BIGINT,
    extraBytes: null,
    createBuffer: () => {
      const buffer = new ColumnBuffer(8);
      const items = new BigInt64Array(buffer.data);
      return {
        fill: (rejects) =>
          rejects.forEach((reject, row) => {
            const count = read(reject);
            if (count === null) buffer.setNull(row);
            else items[row] = BigInt(count);
          }),
        moveTo: buffer.moveTo.bind(buffer),
      };
    },
  };
}
