import type { JobsOptions, WorkerOptions } from 'bullmq';

const SECOND = 1000;
const DAY_S = 24 * 60 * 60;

/**
 * A killed worker's job starts again at the first check after its lock has lapsed: 6 to 10 s after the kill. What a
 * shorter lock would win in seconds it would lose in work: a lock that lapses under a living worker has the task done
 * twice, and five of these end the run as poison. So the lock is long, is renewed four times over, and it is the
 * check, which is cheap, that is frequent: a worker may hear nothing for 6 s and still keeps its task.
 */
const LOCK_MS = 8 * SECOND;
/** The longest time between two renewals. */
const RENEW_EVERY_MS = 2 * SECOND;
const STALLED_EVERY_MS = SECOND;
/** How long BullMQ idles after a lost connection; with its 15 s a healed Redis would find all locks lapsed. */
const RUN_RETRY_MS = SECOND;
/** BullMQ fails a job at its second stall by default, though attempts remain; poison is counted by `MAX_STALLS`. */
const MAX_STALLED = 100;
/**
 * A task whose workers fell silent so often ends them. Tries that failed, waited or were handed back are not counted.
 * Fewer would take a task for poison that was only unlucky (which `millrace retry` mends); with more, the stack of one
 * machine would sooner give up a service that dies so often than the task that kills it.
 */
export const MAX_STALLS = 5;

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
    lockRenewTime: RENEW_EVERY_MS,
    stalledInterval: STALLED_EVERY_MS,
    maxStalledCount: MAX_STALLED,
    settings: { backoffStrategy: (attemptsMade: number) => backoffMs(attemptsMade) },
    metrics: { maxDataPoints: 60 },
    runRetryDelay: RUN_RETRY_MS,
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
