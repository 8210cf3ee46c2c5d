import type { Reject, RejectReason } from './reject.ts';

/** The rejects of a run in a form small enough for its failure record: counts and a few of the records themselves. */
export interface RejectReport {
  readonly seen: number;
  readonly rejected: number;
  /** The most frequent first. */
  readonly byReason: readonly ReasonCount[];
  readonly sources: readonly SourceRejects[];
  /** Those with most rejects, MAX_REPORTED_FILES at most. */
  readonly files: readonly FileRejects[];
  readonly filesWithRejects: number;
  readonly examples: readonly RejectExample[];
}

export interface ReasonCount {
  readonly reason: RejectReason;
  readonly records: number;
}

export interface SourceRejects {
  readonly source: string;
  readonly seen: number;
  readonly rejected: number;
}

export interface FileRejects extends SourceRejects {
  /** As shown to people. */
  readonly file: string;
}

/** One rejected record: where it is and what was expected there. */
export type RejectExample = Pick<
  Reject,
  'reason' | 'source' | 'file' | 'line' | 'recordNumber' | 'byteOffset' | 'message'
>;

export const MAX_REPORTED_FILES = 10;
export const MAX_EXAMPLE_REASONS = 5;
export const MAX_EXAMPLES_PER_REASON = 3;
const MAX_MESSAGE = 300;
/** More than a path component may have; what is cut is the beginning. */
const MAX_FILE_NAME = 500;

/** The reject without its bytes, and with texts that cannot fill a failure record. */
export function exampleOf({
  reason,
  source,
  file,
  line,
  recordNumber,
  byteOffset,
  message,
}: Reject): RejectExample {
  return {
    reason,
    source,
    file:
      file.length <= MAX_FILE_NAME ? file : `…${file.slice(-MAX_FILE_NAME).replace(/^[\udc00-\udfff]/, '')}`,
    line,
    recordNumber,
    byteOffset,
    message:
      message.length <= MAX_MESSAGE
        ? message
        : `${message.slice(0, MAX_MESSAGE).replace(/[\ud800-\udbff]$/, '')}…`,
  };
}
