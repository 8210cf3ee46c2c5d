import type { TableOutput } from './batch.ts';
import type { Extracted, Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';
import type { ExtractTask, ReadScope } from './task.ts';

/**
 * Where counts of one extract task disagree, as a sentence each; empty when every record is accounted for. The
 * counts come from different code: what planning found from the cutter, `seen` from the reader, `accepted` from the
 * judge, rows from the batch writer, rows of an object from its own metadata.
 */
export function extractImbalances(plan: Plan, manifest: Manifest): string[] {
  const task = plan.tasks.find((candidate) => candidate.id === manifest.task);
  return task?.kind === 'extract' ? taskImbalances(plan, task, manifest) : [];
}

/** The same for a caller that goes through all tasks of a plan. */
export function taskImbalances(plan: Plan, task: ExtractTask, { extracted, outputs }: Manifest): string[] {
  if (extracted === null) return [`${task.id}: its manifest says nothing of records`];
  return [
    ...fileImbalances(plan, extracted),
    ...foundImbalances(plan, task.read, extracted),
    ...rejectImbalances(task, extracted),
    ...outputs.flatMap((output) => outputImbalances(plan, output, extracted)),
    ...task.tables
      .filter((table) => !outputs.some((output) => output.table === table))
      .map((table) => `${task.id}: its manifest says nothing of table ${table}`),
  ];
}

function fileImbalances(plan: Plan, { files }: Extracted): string[] {
  return files
    .filter((file) => file.seen !== file.accepted + file.rejected)
    .map(
      ({ input, seen, accepted, rejected }) =>
        `${inputName(plan, input)}: ${seen} records seen, but ${accepted} accepted and ${rejected} rejected`,
    );
}

/** Records that planning counted in what the task reads, against those that were seen by it. */
function foundImbalances(plan: Plan, read: ReadScope, { files }: Extracted): string[] {
  if (read.kind === 'rejects') {
    const found = sum(read.parts.map((part) => part.records));
    const seen = sum(files.map((file) => file.seen));
    return found === seen ? [] : [`${found} rejected records were to be read again, but ${seen} were seen`];
  }
  if (read.kind !== 'files') return [];
  return [...foundRecords(read)].flatMap(([input, found]) => {
    const seen = sum(files.filter((file) => file.input === input).map((file) => file.seen));
    if (found === null || found === seen) return [];
    return [`${inputName(plan, input)}: ${found} records found by planning, but ${seen} seen`];
  });
}

/** How many records planning counted, per input; null where it did not count them all. */
export function foundRecords(read: Extract<ReadScope, { kind: 'files' }>): Map<number, number | null> {
  const found = new Map<number, number | null>();
  for (const { input, records } of read.slices) {
    const before = found.get(input);
    found.set(input, records === undefined || before === null ? null : (before ?? 0) + records);
  }
  return found;
}

function rejectImbalances(task: ExtractTask, { files, rejects }: Extracted): string[] {
  const rejected = sum(files.map((file) => file.rejected));
  const reasons = sum(Object.values(rejects.byReason));
  const kept = sum(rejects.batches.map((batch) => batch.rows));
  if (rejected === rejects.records && rejected === reasons && rejected === kept) return [];
  return [
    `${task.id}: ${rejected} records rejected, ${rejects.records} reported, ${reasons} with a reason, ${kept} kept`,
  ];
}

function outputImbalances(plan: Plan, output: TableOutput, { files }: Extracted): string[] {
  const { table, rows, batches } = output;
  const stored = sum(batches.map((batch) => batch.rows));
  const accepted = sum(files.map((file) => file.accepted));
  const isRecord = plan.tables.find(({ name }) => name === table)?.each === null;
  return [
    ...(stored === rows ? [] : [`${table}: ${rows} rows made, ${stored} in its batches`]),
    // Of an `each` table a record makes any number of rows.
    ...(!isRecord || rows === accepted ? [] : [`${table}: ${accepted} records accepted, ${rows} rows made`]),
  ];
}

function inputName(plan: Plan, input: number): string {
  return plan.inputs[input]?.name ?? `input ${input}`;
}

export function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
