import type { RecordPlace, RejectReason } from '@millrace/shared/core/reject';

import type { SourceValue } from './source-value.ts';

/** One record as a reader found it: its place, its bytes, and either its value or why it has none. */
export interface SourceRecord extends RecordPlace {
  /** The record's bytes as they stand in the file, its key included if it has one; for SQLite and Parquet the row as JSON text. */
  readonly raw: () => Uint8Array;
  readonly content: RecordContent;
}

export type RecordContent =
  | {
      readonly ok: true;
      readonly value: SourceValue;
      /** Of a record that is a member of an object. */
      readonly key?: string;
    }
  | { readonly ok: false; readonly reason: RejectReason; readonly message: string };

/**
 * What a reader yields: some consecutive records (a few hundred to some thousand) and the blank lines met since the
 * last chunk. `raw` may be called only until the next chunk is asked for: it reads from a buffer that is reused.
 */
export interface RecordChunk {
  readonly records: readonly SourceRecord[];
  readonly blank: number;
}

/** Records of a slice in the order of the file. Memory does not grow with the file. */
export type RecordStream = AsyncIterable<RecordChunk>;
