import { DelayedError, UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';

import type { Stage } from '../core/task.ts';
import type { JobConsumer, JobOutcome, ReceivedJob } from '../ports/job-consumer.ts';
import { workerSettings } from './bullmq-settings.ts';

export interface ConsumerOptions {
  readonly stage: Stage;
  readonly prefix: string;
  readonly redis: Redis;
  readonly process: (job: ReceivedJob) => Promise<JobOutcome>;
  /** Called for lost connections and locks; the queue goes on by itself. */
  readonly onError: (error: Error) => void;
}

/** Takes jobs of a stage's queue one at a time. Resolves when it is ready. */
export async function startConsumer(options: ConsumerOptions): Promise<JobConsumer> {
  const worker = new Worker(
    options.stage,
    async (job: Job, token?: string) => {
      const outcome = await options.process(receivedJob(job));
      await report(job, token, outcome);
    },
    { connection: options.redis, ...workerSettings(options.prefix) },
  );
  worker.on('error', options.onError);
  await worker.waitUntilReady();
  const running = worker.run();
  return {
    close: async () => {
      await worker.close();
      await running;
    },
  };
}

function receivedJob(job: Job): ReceivedJob {
  return {
    id: job.id ?? '',
    data: job.data as unknown,
    attempt: job.attemptsMade + 1,
    attempts: job.opts.attempts ?? 1,
    starts: job.attemptsStarted,
  };
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
      await job.moveToDelayed(Date.now() + outcome.delayMs, token);
      throw new DelayedError();
  }
}
