import { MAX_STARTS } from '../adapters/bullmq-settings.ts';
import { readMessage, type Message } from '../contracts/message.ts';
import { asMillraceError, fail, isMillraceError, type MillraceError } from '../core/errors.ts';
import type { JobOutcome, ReceivedJob } from '../ports/job-consumer.ts';
import type { TaskHandler } from '../ports/task-handler.ts';
import { doTask } from './do-task.ts';
import { failRun } from './fail-run.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { ServiceTools } from './service-tools.ts';

/** A message of a newer version waits this long for a worker that knows it. */
const TOO_NEW_DELAY_MS = 30_000;

export type OtherMessage = Exclude<Message, { type: 'task_ready' }>;

export interface JobProcessing {
  readonly tools: ServiceTools;
  readonly heartbeat: Heartbeat;
  /** Ends when this worker must stop. */
  readonly signal: AbortSignal;
  readonly handleTask: TaskHandler;
  readonly handleOther: (message: OtherMessage) => Promise<void>;
}

/** Does what a job asks for and decides what becomes of the job, and of its run when no try is left. */
export async function processJob(processing: JobProcessing, job: ReceivedJob): Promise<JobOutcome> {
  let message: Message | null = null;
  try {
    message = readMessage(job.data, job.id);
    if (job.starts > MAX_STARTS) throw poisoned(job.starts);
    if (message.type === 'task_ready') await work(processing, message);
    else await processing.handleOther(message);
    return { kind: 'done' };
  } catch (error) {
    return decideAfter(processing, job, message, error);
  }
}

async function work(
  processing: JobProcessing,
  message: Extract<Message, { type: 'task_ready' }>,
): Promise<void> {
  const { tools, heartbeat, signal, handleTask } = processing;
  heartbeat.begin(message.run, message.task);
  try {
    await doTask({ ...tools, handle: handleTask, signal, onProgress: heartbeat.progress }, message);
  } finally {
    heartbeat.end();
  }
}

async function decideAfter(
  { tools, signal }: JobProcessing,
  job: ReceivedJob,
  message: Message | null,
  thrown: unknown,
): Promise<JobOutcome> {
  if (signal.aborted) {
    tools.logger.info({ job: job.id }, 'handed back: this worker stops');
    return { kind: 'hand_back' };
  }
  const error = asMillraceError(thrown);
  if (error.code === 'message_too_new') {
    tools.logger.warn({ job: job.id }, error.message);
    return { kind: 'delay', delayMs: TOO_NEW_DELAY_MS };
  }
  const last = error.retry === 'never' || job.attempt >= job.attempts;
  logFailure(tools, job, error, thrown, last);
  if (!last) return { kind: 'retry', error };
  if (message !== null && message.type !== 'run_ended') {
    const task = message.type === 'task_ready' ? message.task : null;
    // Before the job fails: a failed job without a failure in the bucket means that the queue gave it up.
    await failRun(tools.store, tools.queue, {
      run: message.run,
      task,
      error,
      attempts: job.attempt,
      worker: tools.worker,
    });
  }
  return { kind: 'fail', error };
}

function logFailure(
  { logger }: ServiceTools,
  job: ReceivedJob,
  error: MillraceError,
  thrown: unknown,
  last: boolean,
): void {
  const detail = { job: job.id, code: error.code, where: error.where, attempt: job.attempt };
  const foreseen = isMillraceError(thrown) && error.code !== 'internal';
  const line = foreseen ? detail : { ...detail, err: thrown };
  if (last) logger.error(line, error.message);
  else logger.warn(line, `will be tried again: ${error.message}`);
}

function poisoned(starts: number): MillraceError {
  return fail('poison_task', {
    message: `The task was started ${starts} times and ended its worker each time.`,
    hint: 'Look into the log of the workers for what ended them: memory is the usual cause.',
  });
}
