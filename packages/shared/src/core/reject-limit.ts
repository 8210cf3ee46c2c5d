import { formatCount } from './format-count.ts';
import type { BatchReference } from './batch.ts';
import { fail, type MillraceError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import type { RejectLimit, SourceRejectLimit } from './pipeline.ts';
import type { Plan } from './plan.ts';
import { countRejects, type RejectCounts } from './reject-counts.ts';
import { MAX_EXAMPLE_REASONS, type RejectExample } from './reject-report.ts';
import type { RejectReason } from './reject.ts';
import type { ExtractTask } from './task.ts';

/** Limits that a run has exceeded, with what is needed to say so. */
export interface RejectOverrun {
  /** Of all that has been read so far. */
  readonly counts: RejectCounts;
  /** A sentence per limit. */
  readonly sentences: readonly string[];
  /** The most frequent reasons among what the limits count, MAX_EXAMPLE_REASONS at most. */
  readonly reasons: readonly RejectReason[];
  /** Where those records are. */
  readonly batches: readonly BatchReference[];
  readonly byDefault: boolean;
}

/**
 * The limits that the records read so far exceed, or null. A number of rows can be exceeded while tasks are still
 * open; a ratio is judged when all that it counts was read, because a part could fail a run that is fine as a whole.
 * @param manifests by task id
 */
export function findOverrun(plan: Plan, manifests: ReadonlyMap<string, Manifest>): RejectOverrun | null {
  const all = plan.tasks.filter((task) => task.kind === 'extract');
  const scopes: Scope[] = [
    { limit: plan.rejects, tasks: all, source: null },
    ...plan.rejects.sources.map((limit) => ({
      limit,
      tasks: all.filter((task) => task.source === limit.source),
      source: limit,
    })),
  ];
  const exceeded = scopes.flatMap((scope) => judge(plan, scope, manifests) ?? []);
  if (exceeded.length === 0) return null;
  // The limit over the whole run counts all sources; otherwise only those of an exceeded limit are of interest.
  const tasks = new Set(exceeded.flatMap(({ scope }) => scope.tasks));
  const done = [...tasks].flatMap((task) => manifests.get(task.id) ?? []);
  return {
    counts: countRejects(plan, manifests.values()),
    sentences: exceeded.map(({ sentence }) => sentence),
    reasons: countRejects(plan, done)
      .byReason.slice(0, MAX_EXAMPLE_REASONS)
      .map(({ reason }) => reason),
    batches: done.flatMap((manifest) => manifest.extracted?.rejects.batches ?? []),
    byDefault: exceeded.every(({ scope }) => scope.source?.byDefault ?? false),
  };
}

/** Records that one limit counts. */
interface Scope {
  readonly limit: RejectLimit;
  readonly tasks: readonly ExtractTask[];
  /** Null for the limit over the whole run. */
  readonly source: SourceRejectLimit | null;
}

function judge(plan: Plan, scope: Scope, manifests: ReadonlyMap<string, Manifest>) {
  const { limit, tasks, source } = scope;
  if (limit.maxRows === null && limit.maxRatio === null) return null;
  const done = tasks.flatMap((task) => manifests.get(task.id) ?? []);
  const isComplete = done.length === tasks.length;
  const { seen, rejected, byReason } = countRejects(plan, done);
  const key = source === null ? 'rejects' : `sources.${source.source}.rejects`;
  const allowed: string[] = [];
  if (limit.maxRows !== null && rejected > limit.maxRows)
    allowed.push(`at most ${formatCount(limit.maxRows)} (${key}.max_rows)`);
  if (isComplete && limit.maxRatio !== null && rejected > limit.maxRatio * seen && !isLoneReject()) {
    const name = source?.byDefault === true ? 'the default' : `${key}.max_ratio`;
    allowed.push(`at most ${Number((limit.maxRatio * 100).toPrecision(12))} % of all (${name})`);
  }
  if (allowed.length === 0) return null;
  const what = source === null ? 'records' : `records of source '${source.source}'`;
  const soFar = isComplete ? '' : ' read so far';
  const reasons = byReason.map(({ reason, records }) => `${reason} ${formatCount(records)}`).join(', ');
  const sentence = `${formatCount(rejected)} of ${formatCount(seen)} ${what}${soFar} were rejected, allowed are ${allowed.join(' and ')}: ${reasons}.`;
  return { scope, sentence };

  /** One bad record among good ones must not fail a run whose author said nothing of rejects. */
  function isLoneReject(): boolean {
    return source?.byDefault === true && rejected === 1 && seen > 1;
  }
}

/** The error that ends a run with too many rejects. */
export function rejectLimitError(
  plan: Plan,
  { counts, sentences, byDefault }: RejectOverrun,
  examples: readonly RejectExample[],
): MillraceError {
  const raise = byDefault ? 'allow more with `rejects: { max_ratio: … }`' : 'raise the limit';
  return fail('reject_limit', {
    message: sentences.join(' '),
    hint: `\`millrace rejects ${plan.run}\` shows them all. Mend the data or the declared types, or ${raise}.`,
    rejects: { ...counts, examples },
  });
}
