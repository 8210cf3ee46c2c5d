import { scheduleTimes } from '../contracts/cron.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { dueTime, scheduleKey, type ScheduleState } from '../core/schedule.ts';
import type { Bucket } from '../ports/bucket.ts';
import { readDeployed } from './deploy.ts';
import { readPause, readSchedulePause } from './pause.ts';
import { runOfKey } from './request-run.ts';

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
