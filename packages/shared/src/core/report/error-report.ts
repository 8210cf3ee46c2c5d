import { toErrorRecord, type ErrorRecord } from '../errors.ts';
import type { RejectReport } from '../reject-report.ts';

export type ErrorJson = ReturnType<typeof errorToJson>;
export type RejectsJson = NonNullable<ErrorJson['rejects']>;

/** An error as `--json` prints it. Stable fields; `rejects` is null for errors that are not about rejects. */
export function errorToJson(error: unknown) {
  return recordToJson(toErrorRecord(error));
}

export function recordToJson({ code, message, where, hint, rejects }: ErrorRecord) {
  return { code, message, where, hint, rejects: rejects === undefined ? null : rejectsToJson(rejects) };
}

function rejectsToJson({
  seen,
  rejected,
  byReason,
  sources,
  files,
  filesWithRejects,
  examples,
}: RejectReport) {
  return {
    records_seen: seen,
    records_rejected: rejected,
    by_reason: Object.fromEntries(byReason.map(({ reason, records }) => [reason, records])),
    sources: sources.map((source) => ({
      source: source.source,
      records_seen: source.seen,
      records_rejected: source.rejected,
    })),
    files: files.map((file) => ({
      source: file.source,
      file: file.file,
      records_seen: file.seen,
      records_rejected: file.rejected,
    })),
    files_with_rejects: filesWithRejects,
    examples: examples.map(({ reason, source, file, line, recordNumber, byteOffset, message }) => ({
      reason,
      source,
      file,
      line,
      record_number: recordNumber,
      byte_offset: byteOffset,
      message,
    })),
  };
}
