import type { FileCounts } from '@millrace/shared/core/manifest';
import type { RejectReason } from '@millrace/shared/core/reject';

/** Counts of some records of one file. */
export interface RecordTally {
  readonly seen: number;
  readonly accepted: number;
  readonly blank: number;
  readonly rejected: readonly RejectReason[];
}

/** Adds up what became of every record, per file: the numbers that conservation is checked by. */
export interface Account {
  add(input: number, tally: RecordTally): void;
  /** Names a file that was read, also when it had no record. */
  touch(input: number): void;
  files(): FileCounts[];
  byReason(): Partial<Record<RejectReason, number>>;
}

export function createAccount(): Account {
  const files = new Map<number, FileCounts>();
  const byReason: Partial<Record<RejectReason, number>> = {};
  const countsOf = (input: number): FileCounts =>
    files.get(input) ?? { input, seen: 0, accepted: 0, rejected: 0, blank: 0 };
  return {
    add(input, tally) {
      const counts = countsOf(input);
      files.set(input, {
        input,
        seen: counts.seen + tally.seen,
        accepted: counts.accepted + tally.accepted,
        rejected: counts.rejected + tally.rejected.length,
        blank: counts.blank + tally.blank,
      });
      for (const reason of tally.rejected) byReason[reason] = (byReason[reason] ?? 0) + 1;
    },
    touch(input) {
      files.set(input, countsOf(input));
    },
    files: () => [...files.values()],
    byReason: () => byReason,
  };
}
