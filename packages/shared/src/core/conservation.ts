import type { Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';

/**
 * Where counts of one extract task disagree, as a sentence each; empty when every record is accounted for. The
 * counts come from different code: `seen` from the reader, `accepted` from the judge, rows from the batch writer.
 */
export function extractImbalances(plan: Plan, manifest: Manifest): string[] {
  const { extracted } = manifest;
  if (extracted === null) return [];
  const wrong: string[] = [];
  for (const file of extracted.files) {
    if (file.seen !== file.accepted + file.rejected) {
      const name = plan.inputs[file.input]?.name ?? String(file.input);
      wrong.push(
        `${name}: ${file.seen} records seen, but ${file.accepted} accepted and ${file.rejected} rejected`,
      );
    }
  }
  const accepted = sum(extracted.files.map((file) => file.accepted));
  const rejected = sum(extracted.files.map((file) => file.rejected));
  const kept = sum(extracted.rejects.batches.map((batch) => batch.rows));
  if (rejected !== extracted.rejects.records || rejected !== kept) {
    wrong.push(`${rejected} records rejected, ${extracted.rejects.records} reported, ${kept} kept`);
  }
  for (const output of manifest.outputs) {
    const stored = sum(output.batches.map((batch) => batch.rows));
    if (stored !== output.rows)
      wrong.push(`${output.table}: ${output.rows} rows made, ${stored} in its batches`);
    const isRecord = plan.tables.find((table) => table.name === output.table)?.each === null;
    if (isRecord && output.rows !== accepted) {
      wrong.push(`${output.table}: ${accepted} records accepted, ${output.rows} rows made`);
    }
  }
  return wrong;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
