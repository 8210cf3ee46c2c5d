import type { Manifest } from '../manifest.ts';
import { STAGES, type Stage } from '../task.ts';

import { countChecks, reportChecks, type CheckCounts } from './check-report.ts';
import { reportCursors, type CursorReport } from './cursor-report.ts';
import { runDrift } from '../drift-record.ts';
import { reportDrift, type DriftReport } from './drift-report.ts';
import { reportBalance, type BalanceReport } from './balance-report.ts';
import { recordToJson, type ErrorJson } from './error-report.ts';
import { reportRunReuse, type RunReuse } from './reuse-report.ts';
import { manifestsOf, sum, tasksOf, type RunView } from './run-view.ts';
import { reportWarnings, type WarningReport } from './run-warnings.ts';
import type { WaitReport } from './wait-report.ts';

/**
 * A run as `status`, `run --wait` and `demo` print it with `--json`. The fields are stable: new ones may come,
 * none changes its meaning. Times are ISO UTC, null while they have not come.
 */
export interface RunReport {
  readonly run: string;
  readonly pipeline: string;
  readonly status: RunView['status'];
  /** 1, and one more for each retry. */
  readonly round: number;
  /** Why it does not go on; null when nothing keeps it. */
  readonly waiting: WaitReport | null;
  readonly trigger: RunView['request']['trigger'];
  readonly key: string | null;
  /** The run whose rejected records this one reads again, and which of its replays it is; null for any other run. */
  readonly replay_of: string | null;
  readonly replay_sequence: number | null;
  readonly requested_at: string;
  readonly published_at: string | null;
  readonly failed_at: string | null;
  readonly cancelled_at: string | null;
  /** Person and machine. */
  readonly cancelled_by: string | null;
  /** Since when its batches are removed; what is published, its plan and its manifests stay. */
  readonly pruned_at: string | null;
  readonly pruned_by: string | null;
  /** From request to the end, whichever it was; null while the run goes on. */
  readonly duration_ms: number | null;
  readonly stages: readonly StageReport[];
  readonly records: RecordsReport;
  readonly reused: RunReuse;
  /** What is read of tables with a cursor; empty until the run is planned. */
  readonly cursors: readonly CursorReport[];
  readonly staged_tables: readonly TableReport[];
  readonly models: readonly TableReport[];
  readonly rejects: { readonly records: number; readonly by_reason: Readonly<Record<string, number>> };
  /** Results of the checks; all are 0 for a pipeline without checks. */
  readonly checks: CheckCounts;
  /** How the data differs from what is declared; empty until the run is planned. */
  readonly drift: readonly DriftReport[];
  /** What a person should look at although the run goes on or is published. */
  readonly warnings: readonly WarningReport[];
  readonly balance: BalanceReport;
  readonly destinations: readonly DestinationReport[];
  readonly error: ErrorReport | null;
}

export interface StageReport {
  readonly stage: Stage;
  readonly tasks_done: number;
  /** Null until the run is planned. */
  readonly tasks_total: number | null;
  readonly batches: number;
  readonly rows: number;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
}

/** `seen = accepted + rejected` over all files, as the extractors counted them. */
export interface RecordsReport {
  readonly seen: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly blank_lines: number;
}

export interface TableReport {
  readonly table: string;
  readonly rows: number;
  readonly batches: number;
  readonly size_bytes: number;
}

export interface DestinationReport {
  readonly type: string;
  readonly path: string;
  /** Rows of this run; empty until it is published there. */
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
}

export interface ErrorReport extends ErrorJson {
  readonly task: string | null;
  readonly attempts: number;
}

/** @param waiting why the run does not go on, where that was asked for */
export function reportRun(run: RunView, waiting: WaitReport | null = null): RunReport {
  const { request, failure, decision, status } = run;
  const loads = manifestsOf(run, 'load').flatMap((manifest) => manifest.loaded ?? []);
  const publishedAt = status === 'published' ? latest(loads.map((loaded) => loaded.publishedAt)) : null;
  const failedAt = status === 'failed' ? (failure?.failedAt ?? null) : null;
  const cancellation = status === 'cancelled' ? decision : null;
  const cancelledAt = cancellation?.decidedAt ?? null;
  const extracted = manifestsOf(run, 'extract').flatMap((manifest) => manifest.extracted ?? []);
  const files = extracted.flatMap((extract) => extract.files);
  return {
    run: request.run,
    pipeline: request.pipeline,
    status,
    round: run.round,
    waiting,
    trigger: request.trigger,
    key: request.key,
    replay_of: request.replay?.root ?? null,
    replay_sequence: request.replay?.sequence ?? null,
    requested_at: request.requestedAt,
    published_at: publishedAt,
    failed_at: failedAt,
    cancelled_at: cancelledAt,
    cancelled_by: cancellation?.by ?? null,
    pruned_at: run.pruned[0]?.prunedAt ?? null,
    pruned_by: run.pruned[0]?.by ?? null,
    duration_ms: between(request.requestedAt, publishedAt ?? failedAt ?? cancelledAt),
    stages: STAGES.map((stage) => reportStage(run, stage)),
    records: {
      seen: sum(files, (file) => file.seen),
      accepted: sum(files, (file) => file.accepted),
      rejected: sum(files, (file) => file.rejected),
      blank_lines: sum(files, (file) => file.blank),
    },
    reused: reportRunReuse(run),
    cursors: run.plan === null ? [] : reportCursors(run.plan),
    staged_tables: reportTables(manifestsOf(run, 'extract')),
    models: reportTables(manifestsOf(run, 'transform')),
    rejects: {
      records: sum(extracted, (extract) => extract.rejects.records),
      by_reason: countByReason(extracted.map((extract) => extract.rejects.byReason)),
    },
    checks: countChecks(reportChecks(run)),
    drift: reportDrift(runDrift(run)),
    warnings: reportWarnings(run),
    balance: reportBalance(run),
    destinations: reportDestinations(run),
    error: status === 'failed' && failure !== null ? reportFailure(failure) : null,
  };
}

function reportStage(run: RunView, stage: Stage): StageReport {
  const manifests = manifestsOf(run, stage);
  const total = run.plan === null ? null : tasksOf(run.plan, stage).length;
  const startedAt = earliest(manifests.map((manifest) => manifest.startedAt));
  const finishedAt =
    total === manifests.length ? latest(manifests.map((manifest) => manifest.finishedAt)) : null;
  return {
    stage,
    tasks_done: manifests.length,
    tasks_total: total,
    batches: sum(manifests, (manifest) => sum(manifest.outputs, (output) => output.batches.length)),
    rows: sum(manifests, rowsOf),
    started_at: startedAt,
    finished_at: finishedAt,
    duration_ms: startedAt === null ? null : between(startedAt, finishedAt),
  };
}

/** Rows a task produced: those it stored, or those it published. */
export function rowsOf(manifest: Manifest): number {
  if (manifest.loaded !== null) return sum(Object.values(manifest.loaded.tables), (rows) => rows);
  return sum(manifest.outputs, (output) => output.rows);
}

function reportTables(manifests: readonly Manifest[]): TableReport[] {
  const tables = new Map<string, { rows: number; batches: number; size_bytes: number }>();
  for (const output of manifests.flatMap((manifest) => manifest.outputs)) {
    const table = tables.get(output.table) ?? { rows: 0, batches: 0, size_bytes: 0 };
    table.rows += output.rows;
    table.batches += output.batches.length;
    table.size_bytes += sum(output.batches, (batch) => batch.bytes);
    tables.set(output.table, table);
  }
  return [...tables].map(([table, totals]) => ({ table, ...totals }));
}

/** The most frequent reason first. */
function countByReason(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const totals = new Map<string, number>();
  for (const [reason, count] of counts.flatMap((byReason) => Object.entries(byReason))) {
    totals.set(reason, (totals.get(reason) ?? 0) + count);
  }
  return Object.fromEntries([...totals].sort(([, a], [, b]) => b - a));
}

function reportDestinations(run: RunView): DestinationReport[] {
  const loads = manifestsOf(run, 'load').flatMap((manifest) => manifest.loaded ?? []);
  return (run.plan?.destinations ?? []).map(({ type, path }, index) => {
    const loaded = loads.find((load) => load.destination === index);
    const tables = Object.entries(loaded?.tables ?? {}).map(([table, rows]) => ({ table, rows }));
    return { type, path, tables };
  });
}

function reportFailure(failure: NonNullable<RunView['failure']>): ErrorReport {
  return { ...recordToJson(failure.error), task: failure.task, attempts: failure.attempts };
}

function between(start: string, end: string | null): number | null {
  return end === null ? null : Math.max(0, Date.parse(end) - Date.parse(start));
}

/** ISO UTC times sort as text. */
function earliest(times: readonly string[]): string | null {
  return [...times].sort()[0] ?? null;
}

function latest(times: readonly string[]): string | null {
  return [...times].sort().at(-1) ?? null;
}
