import { countChecks, reportChecks } from '@millrace/shared/core/report/check-report';
import type { RunProgress } from '@millrace/shared/core/report/run-progress';
import type { RunReport } from '@millrace/shared/core/report/run-report';
import { sum, type RunView } from '@millrace/shared/core/report/run-view';

import type { RunSummary } from '../api/run.ts';

/** Stages count alike: what a later one will take cannot be told from an earlier one. */
export function fractionOf(stages: RunProgress['stages']): number {
  return sum(stages, ({ fraction }) => fraction) / stages.length;
}

export function summarize(run: RunView, report: RunReport, fraction: number): RunSummary {
  return {
    run: report.run,
    pipeline: report.pipeline,
    status: report.status,
    waiting: report.waiting,
    trigger: report.trigger,
    key: report.key,
    replay_of: report.replay_of,
    round: report.round,
    requested_at: report.requested_at,
    ended_at: report.published_at ?? report.failed_at ?? report.cancelled_at,
    duration_ms: report.duration_ms,
    fraction: round4(fraction),
    rows_published: sum(report.destinations, ({ tables }) => sum(tables, ({ rows }) => rows)),
    records_seen: report.records.seen,
    records_rejected: report.rejects.records,
    checks: countChecks(reportChecks(run)),
    error_code: report.error?.code ?? null,
  };
}

export function round4(fraction: number): number {
  return Number(fraction.toFixed(4));
}
