import type { JobsOptions, WorkerOptions } from 'bullmq';

const SECOND = 1000;
const DAY_S = 24 * 60 * 60;

/**
 * A killed worker's job starts again after lock and stalled interval have passed: 10 s and 5 s give 8 to 13 s.
 * Shorter locks would lose jobs whenever a busy machine delays a renewal; nothing here blocks the event loop for long.
 */
const LOCK_MS = 10 * SECOND;
const STALLED_EVERY_MS = 5 * SECOND;
/** BullMQ fails a job at its second stall by default, though attempts remain; poison is counted by `MAX_STALLS`. */
const MAX_STALLED = 100;
/** A task whose workers fell silent so often ends them. Tries that failed and jobs handed back are not counted. */
export const MAX_STALLS = 10;

/** Bytes of JSON of a message: a job carries references, never rows. */
export const MESSAGE_MAX_BYTES = 2048;

const BACKOFF_FIRST_MS = SECOND;
const BACKOFF_MAX_MS = 30 * SECOND;

/** Exponential, capped, with a spread of ±25 % against stampedes. BullMQ's own has no cap. */
export function backoffMs(attemptsMade: number, random: number = Math.random()): number {
  const delay = Math.min(BACKOFF_FIRST_MS * 2 ** Math.max(0, attemptsMade - 1), BACKOFF_MAX_MS);
  return Math.round(delay * (0.75 + random / 2));
}

export function workerSettings(prefix: string): Omit<WorkerOptions, 'connection'> {
  return {
    prefix,
    concurrency: 1,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_EVERY_MS,
    maxStalledCount: MAX_STALLED,
    settings: { backoffStrategy: (attemptsMade: number) => backoffMs(attemptsMade) },
    metrics: { maxDataPoints: 60 },
    autorun: false,
  };
}

export function jobSettings(id: string, attempts: number): JobsOptions {
  return {
    jobId: id,
    attempts,
    backoff: { type: 'custom' },
    // Long enough to look at; the bucket, not the queue, remembers what was done.
    removeOnComplete: { age: DAY_S, count: 20_000 },
    removeOnFail: { age: 7 * DAY_S, count: 20_000 },
  };
}
