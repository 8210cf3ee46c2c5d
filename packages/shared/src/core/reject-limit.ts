import { fail, type MillraceError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';
import type { RejectReason } from './reject.ts';

/** Records seen and rejected so far, over all extract tasks of a run. */
export interface RecordCounts {
  readonly seen: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly blank: number;
  readonly byReason: Readonly<Partial<Record<RejectReason, number>>>;
}

export function countRecords(manifests: Iterable<Manifest>): RecordCounts {
  const byReason: Partial<Record<RejectReason, number>> = {};
  let [seen, accepted, rejected, blank] = [0, 0, 0, 0];
  for (const { extracted } of manifests) {
    if (extracted === null) continue;
    for (const file of extracted.files) {
      seen += file.seen;
      accepted += file.accepted;
      rejected += file.rejected;
      blank += file.blank;
    }
    for (const [reason, count] of Object.entries(extracted.rejects.byReason) as [RejectReason, number][]) {
      byReason[reason] = (byReason[reason] ?? 0) + count;
    }
  }
  return { seen, accepted, rejected, blank, byReason };
}

/**
 * The error that ends a run with too many rejects, or null. To be asked when all extract tasks are done: a ratio
 * over a part of the records could fail a run that is fine as a whole.
 */
export function rejectLimitExceeded(plan: Plan, manifests: Iterable<Manifest>): MillraceError | null {
  const { maxRows, maxRatio } = plan.rejects;
  const { seen, rejected, byReason } = countRecords(manifests);
  const limits: string[] = [];
  if (maxRows !== null && rejected > maxRows) limits.push(`at most ${maxRows} (rejects.max_rows)`);
  if (maxRatio !== null && rejected > maxRatio * seen)
    limits.push(`at most ${Number((maxRatio * 100).toPrecision(12))} % of all (rejects.max_ratio)`);
  if (limits.length === 0) return null;
  const reasons = Object.entries(byReason)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${count}`);
  return fail('reject_limit', {
    message: `${rejected} of ${seen} records were rejected, allowed are ${limits.join(' and ')}: ${reasons.join(', ')}.`,
    hint: `\`millrace rejects ${plan.run}\` shows them. Mend the data or the declared types, or raise the limit.`,
  });
}
