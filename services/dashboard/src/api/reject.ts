import type { RejectReason } from '@millrace/shared/core/reject';

/** GET /api/runs/:run/rejects?reason=&source=&limit= — samples, some of each reason, at most `limit` (200). */
export interface RejectsPage {
  readonly run: string;
  /** All that match, of which `rejects` are samples. */
  readonly records: number;
  /** The most frequent first, whatever the filter. */
  readonly by_reason: readonly { readonly reason: RejectReason; readonly records: number }[];
  readonly by_file: readonly { readonly source: string; readonly file: string; readonly records: number }[];
  readonly rejects: readonly RejectRow[];
}

export interface RejectRow {
  readonly reason: RejectReason;
  readonly message: string;
  readonly source: string;
  readonly file: string;
  readonly record_number: number;
  /** Null where lines have no meaning. */
  readonly line: number | null;
  readonly byte_offset: number | null;
  readonly faults: readonly {
    readonly table: string;
    readonly column: string;
    readonly reason: RejectReason;
    readonly value: string | null;
    readonly expected: string;
  }[];
  /** The record's bytes as text, at most 4 000 characters. */
  readonly raw: string;
  readonly raw_truncated: boolean;
}
