import type { StoreColumn } from '../core/columns/create-column.ts';
import type { Column } from '../core/pipeline.ts';
import type { Reject } from '../core/reject.ts';
import type { TypedCell } from '../core/typed-cell.ts';
import { BatchWriter, type BatchTarget, type WrittenBatches } from './parquet-batches.ts';

/** Writes rows as Parquet batches; cells stand in the order of the columns. */
export function createParquetBatches(
  target: BatchTarget & { readonly columns: readonly Column[] },
): BatchWriter {
  return new BatchWriter(target.columns, target);
}

type RejectCell = TypedCell | Uint8Array;

/** The columns of a rejects object, in their order. Persisted: old runs are read by these names. */
const REJECT_COLUMNS: readonly [
  StoreColumn['name'],
  'text' | 'integer' | 'blob',
  (reject: Reject) => RejectCell,
][] = [
  ['source', 'text', (reject) => reject.source],
  ['table_name', 'text', (reject) => reject.table],
  ['file', 'text', (reject) => reject.file],
  ['record_number', 'integer', (reject) => count(reject.recordNumber)],
  ['line', 'integer', (reject) => count(reject.line)],
  ['byte_offset', 'integer', (reject) => count(reject.byteOffset)],
  ['byte_length', 'integer', (reject) => count(reject.byteLength)],
  ['reason', 'text', (reject) => reject.reason],
  ['message', 'text', (reject) => whole(reject.message)],
  ['faults', 'text', (reject) => whole(JSON.stringify(reject.faults))],
  ['raw', 'blob', (reject) => reject.raw],
  ['sha256', 'text', (reject) => reject.sha256],
];

function count(value: number | null): bigint | null {
  return value === null ? null : BigInt(value);
}

/** Half a surrogate pair in a message or an excerpt becomes U+FFFD here: the exact bytes are in `raw`. */
function whole(text: string): string {
  return Buffer.from(text).toString();
}

/** Takes rejects and writes them as Parquet batches that `readRejects` reads. */
export interface RejectBatches {
  add(reject: Reject): void;
  /** As of `BatchWriter`. */
  drain(): Promise<void> | null;
  readonly isWriting: boolean;
  finish(): Promise<WrittenBatches>;
  discard(): Promise<void>;
}

export function createRejectBatches(target: BatchTarget & { readonly run: string }): RejectBatches {
  const run: StoreColumn = { name: 'run', type: { kind: 'text' } };
  const columns = REJECT_COLUMNS.map(([name, kind]): StoreColumn => ({ name, type: { kind } }));
  const writer = new BatchWriter([run, ...columns], target);
  return {
    add(reject) {
      writer.store.append([target.run, ...REJECT_COLUMNS.map(([, , read]) => read(reject))]);
      writer.store.commit();
    },
    drain: () => writer.drain(),
    get isWriting() {
      return writer.isWriting;
    },
    finish: () => writer.finish(),
    discard: () => writer.discard(),
  };
}
