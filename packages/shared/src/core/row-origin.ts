import type { Manifest, NumberRun } from './manifest.ts';
import type { Plan } from './plan.ts';
import type { ExtractTask } from './task.ts';

/** The record of a source that a staged row was made of. */
export interface RowOrigin {
  /** As shown to people: relative to the pipeline folder where it is inside it. */
  readonly file: string;
  /** From 1; of a database the rowid where rows have one. Null where only the file is known. */
  readonly recordNumber: number | null;
}

/** Rejected records of a task, by the number that each has in its file. */
export interface RejectedRecord {
  readonly file: string;
  readonly recordNumber: number;
}

/**
 * Records of one file that a task read: `accepted` and `rejected` ones, of which the first has the number `first`. Null
 * where numbers have gaps, as rowids may.
 */
interface Segment {
  readonly file: string;
  readonly first: number | null;
  readonly accepted: number;
  readonly rejected: number;
  /** Of accepted records, where they have been kept. */
  readonly numbers: readonly NumberRun[] | null;
}

/**
 * Finds the record of the n-th accepted one of a task, from 0. A task stages its rows in the order of its records, so
 * that for a table without `each` this is the record of its n-th row; nothing of it is stored with the rows. Gives null
 * where the numbers do not add up: an origin that is wrong would be worse than none.
 */
export function recordFinder(
  plan: Plan,
  task: ExtractTask,
  { extracted }: Pick<Manifest, 'extracted'>,
  rejected: readonly RejectedRecord[],
): (index: number) => RowOrigin | null {
  const files = extracted?.files ?? [];
  const segments = segmentsOf(plan, task, files);
  const numbers = new Map(segments.map(({ file }) => [file, [] as number[]]));
  for (const { file, recordNumber } of rejected) {
    // A task that was taken over names its files as they were called then.
    const list = numbers.get(file) ?? (segments.length === 1 ? [...numbers.values()][0] : undefined);
    list?.push(recordNumber);
  }
  for (const list of numbers.values()) list.sort((a, b) => a - b);
  return (index) => {
    let before = 0;
    for (const segment of segments) {
      const at = index - before;
      before += segment.accepted;
      if (index < before) return originIn(segment, at, numbers.get(segment.file) ?? []);
    }
    return null;
  };
}

function segmentsOf(
  plan: Plan,
  { read }: ExtractTask,
  files: NonNullable<Manifest['extracted']>['files'],
): Segment[] {
  const segment = (input: number, firstOf: (seen: number) => number | null): Segment => {
    const counts = files.find((file) => file.input === input);
    const { seen = 0, accepted = 0, rejected = 0, numbers = null } = counts ?? {};
    return { file: plan.inputs[input]?.name ?? '', first: firstOf(seen), accepted, rejected, numbers };
  };
  switch (read.kind) {
    case 'files': {
      // Slices of one file in one task follow each other, and so do the numbers of their records.
      const firsts = new Map<number, number>();
      for (const { input, firstRecord } of read.slices)
        firsts.set(input, Math.min(firstRecord, firsts.get(input) ?? firstRecord));
      return [...firsts].map(([input, first]) => segment(input, () => first));
    }
    case 'relation': {
      const { range, cursor } = read;
      // Rowids without gaps can be counted; of others the task keeps the numbers, unless there are very many gaps.
      const firstOf = (seen: number) =>
        range !== null && cursor === null && seen === range.to - range.from + 1 ? range.from : null;
      return [segment(read.input, firstOf)];
    }
    case 'rejects':
      return [];
  }
}

function originIn(
  { file, first, rejected, numbers: kept }: Segment,
  index: number,
  numbers: readonly number[],
): RowOrigin | null {
  if (kept !== null) return { file, recordNumber: numberAt(kept, index) };
  if (first === null || numbers.length !== rejected) return { file, recordNumber: null };
  let recordNumber = first + index;
  for (const number of numbers) if (number <= recordNumber) recordNumber += 1;
  return { file, recordNumber };
}

/** Of the n-th accepted record, from 0; null where the runs do not have so many. */
function numberAt(runs: readonly NumberRun[], index: number): number | null {
  let before = 0;
  for (const [first, count] of runs) {
    if (index < before + count) return first + index - before;
    before += count;
  }
  return null;
}

/** Records of one file that a task read, for people: `first` to `last` by number, null where these are not known. */
export interface RecordRange {
  readonly file: string;
  readonly first: number | null;
  readonly last: number | null;
  readonly records: number;
  /** Whether rows of a database are traced to the file only, because their rowids have more gaps than a task keeps. */
  readonly hasManyGaps: boolean;
}

export function recordRanges(
  plan: Plan,
  task: ExtractTask,
  manifest: Pick<Manifest, 'extracted'>,
): RecordRange[] {
  return segmentsOf(plan, task, manifest.extracted?.files ?? []).map(
    ({ file, first, accepted, rejected, numbers }) => {
      const records = accepted + rejected;
      const [from, to] = [numbers?.at(0), numbers?.at(-1)];
      const hasManyGaps = first === null && numbers === null && accepted > 0;
      // Of rejected ones at either end, the rejects themselves tell.
      if (first === null && from !== undefined && to !== undefined)
        return { file, first: from[0], last: to[0] + to[1] - 1, records, hasManyGaps };
      const last = first === null || records === 0 ? null : first + records - 1;
      return { file, first, last, records, hasManyGaps };
    },
  );
}
