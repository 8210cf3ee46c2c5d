import type { RunReport } from '@millrace/shared/core/report/run-report';
import type { Stage } from '@millrace/shared/core/task';

import type { RunPoint } from '../api/pipeline.ts';
import type { RunSummary } from '../api/run.ts';

/** A run in charts over runs. */
export function pointOf(summary: RunSummary, report: RunReport): RunPoint {
  const durations = report.stages.map(({ stage, duration_ms }) => [stage, duration_ms] as const);
  const tables = report.destinations.flatMap((destination) => destination.tables);
  return {
    run: summary.run,
    status: summary.status,
    requested_at: summary.requested_at,
    duration_ms: summary.duration_ms,
    stage_ms: Object.fromEntries(durations) as Record<Stage, number | null>,
    rows: Object.fromEntries(tables.map(({ table, rows }) => [table, rows])),
    records_seen: summary.records_seen,
    records_rejected: summary.records_rejected,
    checks_failed: summary.checks.failed,
    checks_warned: summary.checks.warned,
  };
}
