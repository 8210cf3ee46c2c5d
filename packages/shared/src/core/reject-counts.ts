import type { FileCounts, Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';
import {
  MAX_REPORTED_FILES,
  type FileRejects,
  type ReasonCount,
  type RejectReport,
} from './reject-report.ts';
import type { RejectReason } from './reject.ts';

export type RejectCounts = Omit<RejectReport, 'examples'>;

/** Records seen and rejected, over these extract tasks of a run. */
export function countRejects(plan: Plan, manifests: Iterable<Manifest>): RejectCounts {
  const files = new Map<number, FileRejects>();
  const reasons = new Map<RejectReason, number>();
  for (const { extracted } of manifests) {
    for (const counted of extracted?.files ?? []) {
      files.set(counted.input, addFile(plan, files.get(counted.input), counted));
    }
    for (const [reason, records] of Object.entries(extracted?.rejects.byReason ?? {}) as [
      RejectReason,
      number,
    ][])
      reasons.set(reason, (reasons.get(reason) ?? 0) + records);
  }
  const sources = plan.sources.map(({ name }) => {
    const own = [...files.values()].filter((file) => file.source === name);
    return { source: name, seen: sum(own, 'seen'), rejected: sum(own, 'rejected') };
  });
  const withRejects = [...files.values()].filter((file) => file.rejected > 0);
  return {
    seen: sum(files.values(), 'seen'),
    rejected: sum(files.values(), 'rejected'),
    byReason: [...reasons]
      .map(([reason, records]): ReasonCount => ({ reason, records }))
      .sort((a, b) => b.records - a.records),
    sources,
    files: withRejects.sort((a, b) => b.rejected - a.rejected).slice(0, MAX_REPORTED_FILES),
    filesWithRejects: withRejects.length,
  };
}

function addFile(plan: Plan, before: FileRejects | undefined, counted: FileCounts): FileRejects {
  const input = plan.inputs[counted.input];
  return {
    source: input?.source ?? '',
    file: input?.name ?? String(counted.input),
    seen: (before?.seen ?? 0) + counted.seen,
    rejected: (before?.rejected ?? 0) + counted.rejected,
  };
}

function sum(files: Iterable<FileRejects>, of: 'seen' | 'rejected'): number {
  let total = 0;
  for (const file of files) total += file[of];
  return total;
}
