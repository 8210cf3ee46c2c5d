/** Why a record was refused. Stable API: kept in rejects, printed, filtered by. */
export const REJECT_REASONS = [
  'json_syntax',
  'invalid_utf8',
  'invalid_unicode',
  'number_out_of_range',
  'number_precision_loss',
  'duplicate_key',
  'depth_exceeded',
  'record_too_large',
  'not_an_object',
  'missing_field',
  'type_mismatch',
  'null_violation',
  'csv_too_few_fields',
  'csv_too_many_fields',
  'csv_unterminated_quote',
  'csv_bad_quote',
  'nul_byte',
  'truncated_record',
  'unknown_field',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** One failing field of a rejected record. `value` is shortened text of what was found; `expected` says what is allowed. */
export interface FieldFault {
  readonly table: string;
  readonly column: string;
  readonly reason: RejectReason;
  readonly value: string | null;
  readonly expected: string;
}

/** Where a record stands in its file. Offsets are bytes of the decompressed content; line and record count from 1. */
export interface RecordPlace {
  readonly recordNumber: number;
  /** null where lines have no meaning (SQLite, Parquet). */
  readonly line: number | null;
  readonly byteOffset: number | null;
  readonly byteLength: number | null;
}

/** A record that was refused, with all that is needed to find it and to run it again. */
export interface Reject extends RecordPlace {
  readonly source: string;
  /** The table whose columns refused it; null when the record could not be read at all. */
  readonly table: string | null;
  readonly file: string;
  readonly reason: RejectReason;
  /** One sentence for a person. */
  readonly message: string;
  /** Every failing field, not only the first; empty for records that could not be read. */
  readonly faults: readonly FieldFault[];
  /** The record's bytes as they stand in the file, cut at MAX_RAW_BYTES. */
  readonly raw: Uint8Array;
  /** sha256 of the whole record's bytes, hex. */
  readonly sha256: string;
}

/** A record larger than this is rejected unread, so it is also all that a reject needs to keep. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;
