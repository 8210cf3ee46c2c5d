import type { Engine } from '../adapters/duckdb.ts';
import type { BatchReference } from '../core/batch.ts';
import { fail } from '../core/errors.ts';
import type { RejectSummary } from '../core/manifest.ts';
import { didYouMean } from '../core/nearest-name.ts';
import { REJECT_REASONS, type Reject, type RejectReason } from '../core/reject.ts';
import type { ExtractTask } from '../core/task.ts';
import type { Bucket } from '../ports/bucket.ts';

import type { RunView } from '../core/report/run-view.ts';

/** The rejects of a run, of all its sources or of one: counts from the manifests, and where the records are. */
export interface RejectSet {
  readonly run: string;
  readonly records: number;
  readonly byReason: ReadonlyMap<RejectReason, number>;
  readonly groups: readonly RejectGroup[];
}

export interface RejectGroup {
  /** Where each table of a source is read on its own (SQLite): the table of each reject, also of one that has none. */
  readonly table: string | null;
  readonly batches: readonly BatchReference[];
}

/** Throws `usage` for a source or reason that the run does not have. */
export function selectRejects(
  run: RunView,
  source: string | undefined,
  reason: string | undefined,
): RejectSet {
  const tasks = run.plan?.tasks.filter((task) => task.kind === 'extract') ?? [];
  requireKnown('source', source, run.plan?.sources.map(({ name }) => name) ?? []);
  requireKnown('reason', reason, REJECT_REASONS);
  const found = tasks
    .filter((task) => source === undefined || task.source === source)
    .flatMap((task) => {
      const rejects = run.manifests.get(task.id)?.extracted?.rejects;
      return rejects === undefined ? [] : [{ task, rejects }];
    });
  const summaries = found.map(({ rejects }) => rejects);
  const byReason = new Map<RejectReason, number>();
  for (const name of REJECT_REASONS) {
    const count = summaries.reduce((total, summary) => total + (summary.byReason[name] ?? 0), 0);
    if (count > 0 && (reason === undefined || reason === name)) byReason.set(name, count);
  }
  return {
    run: run.request.run,
    records: [...byReason.values()].reduce((total, count) => total + count, 0),
    byReason: new Map([...byReason].sort(([, a], [, b]) => b - a)),
    groups: groupByTable(run, found),
  };
}

interface FoundRejects {
  readonly task: ExtractTask;
  readonly rejects: RejectSummary;
}

function groupByTable({ plan }: RunView, found: readonly FoundRejects[]): RejectGroup[] {
  const groups = new Map<string | null, BatchReference[]>();
  for (const { task, rejects } of found) {
    const type = plan?.sources.find(({ name }) => name === task.source)?.type;
    const table = type === 'sqlite' ? (task.tables[0] ?? null) : null;
    groups.set(table, [...(groups.get(table) ?? []), ...rejects.batches]);
  }
  return [...groups].map(([table, batches]) => ({ table, batches }));
}

/** Throws `usage`, with the nearest known name. */
export function requireKnown(what: string, given: string | undefined, known: readonly string[]): void {
  if (given === undefined || known.includes(given)) return;
  throw fail('usage', {
    message: `There is no ${what} '${given}'.${didYouMean(given, known)}`,
    hint: `Known: ${known.join(', ')}.`,
  });
}

/** Local, verified paths of Parquet objects with rejects. */
export async function openBatches(bucket: Bucket, batches: readonly BatchReference[]): Promise<string[]> {
  const paths: string[] = [];
  for (const batch of batches) paths.push(await bucket.open(batch));
  return paths;
}

/** Some rejects of each reason, `limit` at most in all, so that a frequent reason does not hide the rare ones. */
export async function sampleRejects(
  engine: Engine,
  bucket: Bucket,
  rejects: RejectSet,
  limit: number,
): Promise<Reject[]> {
  const { readRejects } = await import('../adapters/parquet-reader.ts');
  const paths = await openBatches(
    bucket,
    rejects.groups.flatMap(({ batches }) => batches),
  );
  const samples: Reject[] = [];
  let reasonsLeft = rejects.byReason.size;
  // Rare reasons first: what they do not use is left for the frequent ones.
  for (const reason of [...rejects.byReason.keys()].reverse()) {
    const share = Math.ceil((limit - samples.length) / reasonsLeft);
    if (share > 0) samples.unshift(...(await readRejects(engine, paths, { reason, limit: share })));
    reasonsLeft -= 1;
  }
  return samples;
}
