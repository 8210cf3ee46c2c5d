import { setTimeout as delay } from 'node:timers/promises';

import type { Redis } from 'ioredis';

import type { Stage } from '../core/task.ts';
import {
  DelayedError,
  ErrorCode,
  RedisConnection,
  UnrecoverableError,
  WaitingError,
  Worker,
  type Job,
} from '../npm/bullmq.ts';
import type { JobConsumer, JobOutcome, ReceivedJob } from '../ports/job-consumer.ts';
import { workerSettings } from './bullmq-settings.ts';

const ABSENT_CHECK_MS = 500;

export interface ConsumerOptions {
  readonly stage: Stage;
  readonly prefix: string;
  readonly redis: Redis;
  readonly process: (job: ReceivedJob) => Promise<JobOutcome>;
  /** Called for lost connections; the queue goes on by itself. */
  readonly onError: (error: Error) => void;
  /** Called once per job whose lock has lapsed under its work: another worker gets the job, or has it already. */
  readonly onLockLost: (job: string) => void;
}

/** Takes jobs of a stage's queue one at a time. Resolves when it is ready. */
export async function startConsumer(options: ConsumerOptions): Promise<JobConsumer> {
  let working: Promise<unknown> = Promise.resolve();
  let current = { id: '', lockLost: false };
  const worker = new Worker(
    options.stage,
    async (job: Job, token?: string) => {
      current = { id: job.id ?? '', lockLost: false };
      const processing = options.process(receivedJob(job));
      working = processing.catch(() => undefined);
      await report(job, token, await processing);
    },
    { connection: options.redis, ...workerSettings(options.prefix) },
  );
  worker.on('error', (error) => {
    if (!tellsLostLock(error)) options.onError(error);
    else if (!current.lockLost) {
      current.lockLost = true;
      options.onLockLost(current.id);
    }
  });
  await worker.waitUntilReady();
  const running = worker.run();
  return {
    close: async () => {
      await worker.pause(true);
      const closed = reconnected(worker)
        .then(() => worker.close())
        .then(() => running);
      // Left behind when Redis is away, and then it may fail.
      closed.catch(() => undefined);
      await Promise.race([closed, working.then(() => absent(options.redis))]);
    },
  };
}

/**
 * Resolves when the connection that waits for jobs is up. `Worker.close` disconnects it and waits for its `end`, which
 * ioredis does not emit for a connection that is between two tries to come back: that would take for ever.
 */
async function reconnected(worker: Worker): Promise<void> {
  const waiting = await worker.backend.blockingClient;
  if (waiting !== undefined) await RedisConnection.waitUntilReady(waiting);
}

/** BullMQ says so when it cannot renew a lock, at every try, and when it may not settle a job that is not its own. */
function tellsLostLock(error: Error): boolean {
  const refusals: readonly unknown[] = [
    ErrorCode.JobLockNotExist,
    ErrorCode.JobLockMismatch,
    ErrorCode.JobNotInState,
  ];
  const refused = 'code' in error && refusals.includes(error.code);
  return refused || error.message.startsWith('could not renew lock');
}

/** Resolves when Redis is away for longer than a reconnect takes; never while it is there. */
async function absent(redis: Redis): Promise<void> {
  for (let missed = 0; missed < 2; missed = redis.status === 'ready' ? 0 : missed + 1)
    await delay(ABSENT_CHECK_MS, undefined, { ref: false });
}

function receivedJob(job: Job): ReceivedJob {
  return {
    id: job.id ?? '',
    data: job.data as unknown,
    attempt: job.attemptsMade + 1,
    attempts: job.opts.attempts ?? 1,
    outages: outagesOf(job.progress),
    stalls: job.stalledCounter,
    addedAtMs: job.timestamp,
  };
}

/** BullMQ keeps a value of the worker's own with each job, and calls it progress. */
function outagesOf(progress: unknown): number {
  const known = typeof progress === 'object' && progress !== null && 'outages' in progress;
  return known && typeof progress.outages === 'number' ? progress.outages : 0;
}

/** BullMQ learns what became of a job from the class of the error that its processor throws. */
async function report(job: Job, token: string | undefined, outcome: JobOutcome): Promise<void> {
  switch (outcome.kind) {
    case 'done':
      return;
    case 'retry':
      throw outcome.error;
    case 'fail':
      throw new UnrecoverableError(outcome.error.message);
    case 'hand_back':
      await job.moveToWait(token);
      throw new WaitingError();
    case 'delay':
      if (outcome.outages !== undefined) await job.updateProgress({ outages: outcome.outages });
      await job.moveToDelayed(Date.now() + outcome.delayMs, token);
      throw new DelayedError();
  }
}
