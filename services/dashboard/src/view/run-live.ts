import { countChecks, reportChecks } from '@millrace/shared/core/report/check-report';
import type { RunProgress, StageProgress, TaskInFlight } from '@millrace/shared/core/report/run-progress';
import { manifestsOf, sum, type RunView } from '@millrace/shared/core/report/run-view';

import type { RunLive, StageLive } from '../api/run.ts';
import { nodeStates } from './node-states.ts';
import { fractionOf, round4 } from './run-summary.ts';
import { sizeOf } from './task-rows.ts';

export interface LiveParts {
  readonly progress: RunProgress;
  readonly inFlight: readonly TaskInFlight[];
  readonly tasksVersion: number;
  /** ISO UTC: the end of an ended run, else now. */
  readonly until: string;
}

export function describeLive(run: RunView, { progress, inFlight, tasksVersion, until }: LiveParts): RunLive {
  return {
    run: progress.run,
    pipeline: progress.pipeline,
    status: progress.status,
    round: run.round,
    waiting: progress.waiting,
    fraction: round4(fractionOf(progress.stages)),
    elapsed_ms: Math.max(0, Date.parse(until) - Date.parse(run.request.requestedAt)),
    stages: progress.stages.map((stage) => describeStage(run, stage)),
    nodes: nodeStates(run, inFlight),
    tasks_version: tasksVersion,
    rejected_by_reason: countReasons(run),
    checks: countChecks(reportChecks(run)),
  };
}

function describeStage(run: RunView, stage: StageProgress): StageLive {
  const manifests = manifestsOf(run, stage.stage);
  const isDone = manifests.length > 0 && manifests.length === stage.tasksTotal;
  return {
    stage: stage.stage,
    tasks_done: stage.tasksDone,
    tasks_running: stage.tasksRunning,
    tasks_total: stage.tasksTotal,
    batches: stage.batches,
    rows: stage.rows,
    rejected: stage.rejected,
    size_bytes: sum(manifests, sizeOf),
    fraction: round4(stage.fraction),
    rows_per_second: stage.rowsPerSecond === null ? null : Math.round(stage.rowsPerSecond),
    left_ms: stage.leftMs === null ? null : Math.round(stage.leftMs),
    started_at: least(manifests.map(({ startedAt }) => startedAt)),
    finished_at: isDone ? greatest(manifests.map(({ finishedAt }) => finishedAt)) : null,
  };
}

function countReasons(run: RunView): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { extracted } of manifestsOf(run, 'extract')) {
    for (const [reason, records] of Object.entries(extracted?.rejects.byReason ?? {}))
      counts[reason] = (counts[reason] ?? 0) + records;
  }
  return counts;
}

/** ISO UTC times compare as text. */
function least(times: readonly string[]): string | null {
  return times.reduce<string | null>((found, time) => (found === null || time < found ? time : found), null);
}

function greatest(times: readonly string[]): string | null {
  return times.reduce<string | null>((found, time) => (found === null || time > found ? time : found), null);
}
