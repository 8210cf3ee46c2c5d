import { scheduleStatus, type ScheduleState, type ScheduleStatus } from '@millrace/shared/core/schedule';

/** The form that `millrace schedule --json` prints; times are ISO UTC. */
export interface ScheduleReport {
  readonly pipeline: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly overlap: boolean;
  readonly status: ScheduleStatus;
  readonly paused_by: string | null;
  readonly paused_at: string | null;
  readonly reason: string | null;
  readonly since: string;
  readonly next_at: string | null;
  /** The newest time that has come, and its run; without a run it waits. */
  readonly due_at: string | null;
  readonly run: string | null;
}

export function reportSchedule(state: ScheduleState): ScheduleReport {
  const { pipeline, schedule, pause, nextAt, dueAt, run } = state;
  const paused = pause?.paused === true ? pause : null;
  return {
    pipeline,
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    overlap: schedule.overlap,
    status: scheduleStatus(state),
    paused_by: paused?.by ?? null,
    paused_at: paused?.changedAt ?? null,
    reason: paused?.reason ?? null,
    since: schedule.since,
    next_at: nextAt,
    due_at: dueAt,
    run,
  };
}
