import { isMillraceError, type ErrorCode } from '../core/errors.ts';
import { scheduleKey, whyHeld } from '../core/schedule.ts';
import { requestRun } from './request-run.ts';
import { createRunning } from './running.ts';
import { listDeployed, readSchedule } from './schedules.ts';
import type { ServiceTools } from './service-tools.ts';

/** Errors of one pipeline, which must not keep the others from being looked at. */
const OF_ONE_PIPELINE: readonly ErrorCode[] = [
  'bucket_unavailable',
  'message_invalid',
  'message_too_new',
  'record_corrupt',
];

export interface Scheduler {
  /** Requests the runs whose time has come. @param now ISO UTC */
  requestDue(now: string): Promise<void>;
}

/**
 * Requests runs of pipelines that have a schedule. It remembers nothing: what has come is computed from the clock, and what
 * was requested stands in the bucket under a key made of the time. So any worker may do it, two may at once, and an emptied
 * Redis changes nothing.
 */
export function createScheduler({
  bucket,
  queue,
  logger,
}: Pick<ServiceTools, 'bucket' | 'queue' | 'logger'>): Scheduler {
  const isRunning = createRunning(bucket);
  /** What was said last of each pipeline: it is found again at every turn. */
  const said = new Map<string, string>();

  return {
    async requestDue(now) {
      for (const pipeline of await listDeployed(bucket)) {
        try {
          await requestIfDue(pipeline, now);
        } catch (error) {
          if (!isMillraceError(error) || !OF_ONE_PIPELINE.includes(error.code)) throw error;
          const { code, where, message } = error;
          sayOnce(pipeline, message, () =>
            logger.warn({ pipeline, code, where }, `its schedule could not be looked at: ${message}`),
          );
        }
      }
    },
  };

  async function requestIfDue(pipeline: string, now: string): Promise<void> {
    const state = await readSchedule(bucket, pipeline, now);
    if (state === null || state.dueAt === null || state.run !== null) return;
    const { schedule, bundle, dueAt } = state;
    const held = whyHeld({
      overlap: schedule.overlap,
      isPipelinePaused: state.pipelinePause?.paused === true,
      isRunning: !schedule.overlap && (await isRunning(pipeline)),
    });
    if (held !== null) {
      sayOnce(pipeline, `${held} ${dueAt}`, () =>
        logger.info({ pipeline, dueAt, reason: held }, 'a run that is due waits'),
      );
      return;
    }
    const wish = { pipeline, bundle, trigger: 'schedule', key: scheduleKey(dueAt) } as const;
    const { run, already } = await requestRun(bucket, queue, wish);
    if (!already) logger.info({ pipeline, dueAt, run }, 'requested by its schedule');
  }

  function sayOnce(pipeline: string, what: string, say: () => void): void {
    if (said.get(pipeline) === what) return;
    said.set(pipeline, what);
    say();
  }
}
