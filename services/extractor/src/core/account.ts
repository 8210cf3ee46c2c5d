import type { FileCounts } from '@millrace/shared/core/manifest';
import type { RejectReason } from '@millrace/shared/core/reject';

/** Adds up what became of every record, per file: the numbers that conservation is checked by. */
export interface Account {
  /** Records that a reader found in a file: an index into the plan's inputs. With 0 the file is named as read. */
  seen(input: number, records: number): void;
  accepted(input: number, records: number): void;
  rejected(input: number, reason: RejectReason): void;
  blank(input: number, lines: number): void;
  files(): FileCounts[];
  byReason(): Partial<Record<RejectReason, number>>;
}

export function createAccount(): Account {
  const files = new Map<number, { -readonly [count in keyof FileCounts]: FileCounts[count] }>();
  const byReason: Partial<Record<RejectReason, number>> = {};
  const countsOf = (input: number) => {
    const known = files.get(input);
    if (known !== undefined) return known;
    const counts = { input, seen: 0, accepted: 0, rejected: 0, blank: 0 };
    files.set(input, counts);
    return counts;
  };
  return {
    seen(input, records) {
      countsOf(input).seen += records;
    },
    accepted(input, records) {
      countsOf(input).accepted += records;
    },
    rejected(input, reason) {
      countsOf(input).rejected += 1;
      byReason[reason] = (byReason[reason] ?? 0) + 1;
    },
    blank(input, lines) {
      countsOf(input).blank += lines;
    },
    files: () => [...files.values()],
    byReason: () => byReason,
  };
}
