import type { BatchReference } from './batch.ts';
import type { RejectReason } from './reject.ts';

/**
 * The wish to run rejected records of a published run again. The replays of one run come one after the other: the
 * next may be requested when the one before has ended. So what is left for it is fixed when it is requested.
 */
export interface ReplayRequest {
  /** The run whose rejects they are; for the replay of a replay, the run that began it. */
  readonly root: string;
  /** 1, 2, … within the root. */
  readonly sequence: number;
  /** Null means all; as a record was refused last. */
  readonly reasons: readonly RejectReason[] | null;
  /** Null means all. */
  readonly sources: readonly string[] | null;
  /** Published replays of the root, in their order: what they accepted is not read again, what they refused is. */
  readonly after: readonly string[];
  /** Exactly these records, as a person has mended them; then `reasons` and `sources` are null. */
  readonly mended: MendedRecords | null;
}

export interface MendedRecords {
  readonly groups: readonly MendedGroup[];
  /** Where the records had been rejected. */
  readonly taken: readonly TakenRecords[];
}

/** Records that are read in the same way. */
export interface MendedGroup {
  readonly source: string;
  /** Where each table of a source is read on its own (SQLite), else null. */
  readonly table: string | null;
  /** Objects of rejects whose raw bytes are the mended ones. */
  readonly batches: readonly BatchReference[];
}

export interface TakenRecords {
  readonly run: string;
  readonly task: string;
  readonly reason: RejectReason;
  readonly records: number;
}
