import type { Pause } from './wait.ts';

/** When a pipeline runs by itself. */
export interface Schedule {
  /** Five fields, as cron has them. */
  readonly cron: string;
  /** IANA name of the clock that the fields mean. */
  readonly timeZone: string;
  /** Whether a run may begin while another of the pipeline has not ended. */
  readonly overlap: boolean;
}

/** A schedule that is in effect. */
export interface DeployedSchedule extends Schedule {
  /** ISO UTC: when these times took effect; deploying the same ones again does not change it. */
  readonly since: string;
}

/** The schedule of a deployed pipeline at a moment; times are ISO UTC. */
export interface ScheduleState {
  readonly pipeline: string;
  /** What its next run would use. */
  readonly bundle: string;
  readonly schedule: DeployedSchedule;
  /** Of the schedule alone; null when nobody has ever paused it. */
  readonly pause: Pause | null;
  /** Of all tasks of the pipeline. */
  readonly pipelinePause: Pause | null;
  /** Null while the schedule is paused. */
  readonly nextAt: string | null;
  /** The newest time that is to have a run, or has one; null when none has come yet. */
  readonly dueAt: string | null;
  /** The run of `dueAt`; null while that waits. */
  readonly run: string | null;
}

/** The times of a schedule around a moment, ISO UTC; null where there is none. */
export interface ScheduleTimes {
  /** The newest that has come, that moment included. */
  readonly latestAt: string | null;
  readonly nextAt: string | null;
}

export interface ScheduleFacts extends Pick<ScheduleTimes, 'latestAt'> {
  /** When these times took effect. */
  readonly since: string;
  /** Null when nobody has ever paused the schedule. */
  readonly pause: Pause | null;
}

/**
 * The time that is to have a run: the newest that has come since the schedule took effect or was resumed. Of times that
 * were missed, because no worker was there or a run took long, only this one is made up for: a run reads all that is new,
 * and ten in a row would read nothing more.
 */
export function dueTime({ latestAt, since, pause }: ScheduleFacts): string | null {
  if (latestAt === null || pause?.paused === true) return null;
  const from = pause !== null && pause.changedAt > since ? pause.changedAt : since;
  return latestAt > from ? latestAt : null;
}

/** Why a time that is due has to wait; null when its run may be requested. */
export type ScheduleHold = 'pipeline_paused' | 'running';

/** While it waits, later times take its place: what is made up for is one run, however long that took. */
export function whyHeld(facts: {
  readonly isPipelinePaused: boolean;
  readonly isRunning: boolean;
  readonly overlap: boolean;
}): ScheduleHold | null {
  if (facts.isPipelinePaused) return 'pipeline_paused';
  return facts.isRunning && !facts.overlap ? 'running' : null;
}

/** `waiting`: a time has come, and its run could not be requested yet. Stable: the CLI prints it with `--json`. */
export type ScheduleStatus = 'active' | 'waiting' | 'pipeline_paused' | 'paused';

/** How a schedule stands, in one word. */
export function scheduleStatus(
  state: Pick<ScheduleState, 'pause' | 'pipelinePause' | 'dueAt' | 'run'>,
): ScheduleStatus {
  if (state.pause?.paused === true) return 'paused';
  if (state.pipelinePause?.paused === true) return 'pipeline_paused';
  return state.dueAt !== null && state.run === null ? 'waiting' : 'active';
}

/** The key of the run of a time: whoever finds the time due asks for the same run. */
export function scheduleKey(dueAt: string): string {
  return `schedule ${dueAt}`;
}
