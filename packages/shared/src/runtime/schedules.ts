import { scheduleTimes } from '../contracts/cron.ts';
import type { DeployedFile } from '../contracts/deployed-v1.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { dueTime, scheduleKey } from '../core/schedule.ts';
import type { Pause } from '../core/wait.ts';
import type { Bucket } from '../ports/bucket.ts';
import { readDeployed } from './deploy.ts';
import { readPause, readSchedulePause } from './pause.ts';
import { runOfKey } from './request-run.ts';

/** The schedule of a deployed pipeline at a moment; times are ISO UTC. */
export interface ScheduleState {
  readonly pipeline: string;
  /** What its next run would use. */
  readonly bundle: string;
  readonly schedule: NonNullable<DeployedFile['schedule']>;
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

/** Null for a pipeline that is not deployed, or has no schedule. */
export async function readSchedule(
  bucket: Bucket,
  pipeline: string,
  now: string,
): Promise<ScheduleState | null> {
  const deployed = await readDeployed(bucket, pipeline);
  if (deployed === null || deployed.schedule === null) return null;
  const { bundle, schedule } = deployed;
  const pause = await readSchedulePause(bucket, pipeline);
  const pipelinePause = await readPause(bucket, pipeline);
  const { latestAt, nextAt } = scheduleTimes(schedule, now);
  const dueAt = dueTime({ latestAt, since: schedule.since, pause });
  return {
    pipeline,
    bundle,
    schedule,
    pause,
    pipelinePause,
    nextAt: pause?.paused === true ? null : nextAt,
    dueAt,
    run: dueAt === null ? null : await runOfKey(bucket, pipeline, scheduleKey(dueAt)),
  };
}

/** Names of all pipelines of the bucket, in their order. */
export async function listDeployed(bucket: Bucket): Promise<string[]> {
  const keys = await bucket.list(bucketLayout.pipelines);
  return keys.map((key) => key.slice(bucketLayout.pipelines.length, -1)).sort();
}

/** Schedules of all pipelines that have one. */
export async function listSchedules(bucket: Bucket, now: string): Promise<ScheduleState[]> {
  const states: ScheduleState[] = [];
  for (const pipeline of await listDeployed(bucket)) {
    const state = await readSchedule(bucket, pipeline, now);
    if (state !== null) states.push(state);
  }
  return states;
}
