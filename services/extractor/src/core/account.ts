import { OTHER_FIELDS, type DriftCount } from '@millrace/shared/core/drift';
import { MAX_NUMBER_RUNS, type FileCounts } from '@millrace/shared/core/manifest';
import type { RejectReason } from '@millrace/shared/core/reject';

/** Adds up what became of every record, per file: the numbers that conservation is checked by. */
export interface Account {
  /** Records that a reader found in a file: an index into the plan's inputs. With 0 the file is named as read. */
  seen(input: number, records: number): void;
  accepted(input: number, records: number): void;
  /** The numbers of accepted records, in their order. */
  numbered(input: number, first: number, records: number): void;
  rejected(input: number, reason: RejectReason): void;
  blank(input: number, lines: number): void;
  /** Something that a record was accepted without; `show` says what it was, for the first of its kind. */
  drift(note: Pick<DriftCount, 'table' | 'kind' | 'path'>, show: () => string | null): void;
  files(): FileCounts[];
  byReason(): Partial<Record<RejectReason, number>>;
  drifts(): DriftCount[];
}

/** Objects by their id may have any number of fields; beyond this many they are counted as one, without a name. */
const MAX_DRIFTS = 1000;

export function createAccount(): Account {
  const files = new Map<number, { -readonly [count in keyof FileCounts]: FileCounts[count] }>();
  const runs = new Map<number, [first: number, count: number][]>();
  const byReason: Partial<Record<RejectReason, number>> = {};
  const drifts = new Map<string, { -readonly [count in keyof DriftCount]: DriftCount[count] }>();
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
    numbered(input, first, records) {
      const own = runs.get(input) ?? [];
      runs.set(input, own);
      const last = own.at(-1);
      if (last !== undefined && last[0] + last[1] === first) last[1] += records;
      // One more than are kept says that there were too many.
      else if (own.length <= MAX_NUMBER_RUNS) own.push([first, records]);
    },
    rejected(input, reason) {
      countsOf(input).rejected += 1;
      byReason[reason] = (byReason[reason] ?? 0) + 1;
    },
    blank(input, lines) {
      countsOf(input).blank += lines;
    },
    drift({ table, kind, path: named }, show) {
      const keyOf = (path: string) => JSON.stringify([table, kind, path]);
      const path = drifts.size < MAX_DRIFTS || drifts.has(keyOf(named)) ? named : OTHER_FIELDS;
      const known = drifts.get(keyOf(path));
      if (known !== undefined) known.values += 1;
      else drifts.set(keyOf(path), { table, kind, path, values: 1, example: show() });
    },
    files: () =>
      [...files.values()].map((counts) => {
        const numbers = runs.get(counts.input);
        return numbers === undefined || numbers.length > MAX_NUMBER_RUNS ? counts : { ...counts, numbers };
      }),
    byReason: () => byReason,
    drifts: () => [...drifts.values()],
  };
}
