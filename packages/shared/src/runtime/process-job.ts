import { randomBytes } from 'node:crypto';

import { backoffMs, MAX_STALLS } from '../adapters/bullmq-settings.ts';
import { readMessage, type Message } from '../contracts/message.ts';
import { asMillraceError, fail, isMillraceError, type MillraceError } from '../core/errors.ts';
import { nextTry, type NextTry } from '../core/next-try.ts';
import type { JobOutcome, ReceivedJob } from '../ports/job-consumer.ts';
import type { TaskHandler } from '../ports/task-handler.ts';
import { watchForCancel } from './cancel-watch.ts';
import { doTask } from './do-task.ts';
import { failRun } from './fail-run.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { HoldJob } from './hold-job.ts';
import type { Logger } from './logger.ts';
import { countLostStarts } from './lost-starts.ts';
import type { ServiceTools } from './service-tools.ts';
import { unlessStopped } from './unless-stopped.ts';

/** A message of a newer version waits this long for a worker that knows it. */
const TOO_NEW_DELAY_MS = 30_000;
/** A job whose failure could not be written into the bucket waits this long for the bucket to heal. */
const UNRECORDED_DELAY_MS = 5_000;
/** A run that could not be written into the history of its destination waits this long for a person to mend that. */
const NO_HISTORY_DELAY_MS = 5 * 60_000;

export type OtherMessage = Exclude<Message, { type: 'task_ready' }>;
/**
 * Does what a message of another type than `task_ready` asks for. The logger names run, task and attempt; the signal
 * ends when the worker must stop or the run was cancelled.
 */
export type OtherHandler = (message: OtherMessage, logger: Logger, signal: AbortSignal) => Promise<void>;

export interface JobProcessing {
  readonly tools: ServiceTools;
  readonly heartbeat: Pick<Heartbeat, 'begin' | 'progress' | 'heldUp' | 'end'>;
  /** Ends when this worker must stop. */
  readonly signal: AbortSignal;
  /** Puts jobs aside that must not start yet. */
  readonly hold: HoldJob;
  readonly handleTask: TaskHandler;
  readonly handleOther: OtherHandler;
}

/** Does what a job asks for and decides what becomes of the job, and of its run when no try is left. */
export async function processJob(processing: JobProcessing, job: ReceivedJob): Promise<JobOutcome> {
  const { tools, signal } = processing;
  const attempt = randomBytes(4).toString('hex');
  const startedAt = new Date().toISOString();
  let logger = tools.logger.child({ job: job.id, attempt });
  let message: Message | null = null;
  try {
    message = readMessage(job.data, job.id);
    logger = tools.logger.child({ run: message.run, task: taskOf(message), attempt });
    const lost =
      message.type === 'run_ended'
        ? job.stalls
        : await countLostStarts(tools.bucket, message, taskOf(message), job);
    if (lost >= MAX_STALLS) throw poisoned(lost);
    if (message.type !== 'run_ended' && (await tools.store.isCancelled(message.run))) {
      logger.info('skipped: the run was cancelled');
      return { kind: 'done' };
    }
    const aside = await processing.hold(message, logger);
    if (aside !== null) return aside;
    await unlessStopped(signal, work(processing, message, { attempt, logger }));
    traceTry(tools, message, { attempt, startedAt }, { kind: 'done' }, null);
    return { kind: 'done' };
  } catch (error) {
    const outcome = await decideAfter(processing, job, { message, logger }, error);
    if (message !== null) traceTry(tools, message, { attempt, startedAt }, outcome, error);
    return outcome;
  }
}

function traceTry(
  { traces, worker }: ServiceTools,
  message: Message,
  begun: { readonly attempt: string; readonly startedAt: string },
  { kind: outcome }: JobOutcome,
  thrown: unknown,
): void {
  const { type, run, round } = message;
  const error = thrown === null ? null : asMillraceError(thrown).code;
  const endedAt = new Date().toISOString();
  const about = { run, round, ...begun, endedAt, worker, outcome, error };
  if (type === 'task_ready') traces?.tried({ ...about, what: 'task' }, message.task);
  else traces?.tried({ ...about, what: type === 'run_requested' ? 'plan' : 'record' }, null);
}

/** A name for the work, as in the job's id: the task, or `plan` or `ended` for what concerns the run as a whole. */
function taskOf(message: Message): string {
  if (message.type === 'task_ready') return message.task;
  return message.type === 'run_requested' ? 'plan' : 'ended';
}

interface Attempt {
  readonly attempt: string;
  readonly logger: Logger;
}

/** Throws `run_cancelled` when the run was cancelled meanwhile, whatever the work says that was broken off by it. */
async function work(processing: JobProcessing, message: Message, attempt: Attempt): Promise<void> {
  const { tools, heartbeat, signal, handleOther } = processing;
  if (message.type === 'run_ended') return handleOther(message, attempt.logger, signal);
  const watch = watchForCancel(tools.store, message.run, signal);
  heartbeat.begin(message.run, taskOf(message));
  try {
    if (message.type === 'task_ready') await workOnTask(processing, message, attempt, watch.signal);
    else await handleOther(message, attempt.logger, watch.signal);
  } catch (error) {
    throw watch.signal.aborted && !signal.aborted ? watch.signal.reason : error;
  } finally {
    heartbeat.end();
    watch.end();
  }
}

async function workOnTask(
  { tools, heartbeat, handleTask }: JobProcessing,
  message: Extract<Message, { type: 'task_ready' }>,
  { attempt, logger }: Attempt,
  signal: AbortSignal,
): Promise<void> {
  const onProgress = heartbeat.progress;
  await doTask({ ...tools, logger, attempt, handle: handleTask, signal, onProgress }, message);
}

async function decideAfter(
  { tools, heartbeat, signal }: JobProcessing,
  job: ReceivedJob,
  { message, logger }: { message: Message | null; logger: Logger },
  thrown: unknown,
): Promise<JobOutcome> {
  if (signal.aborted) {
    logger.info('handed back: this worker stops');
    return { kind: 'hand_back' };
  }
  const error = asMillraceError(thrown);
  if (error.code === 'run_cancelled') {
    logger.info(`broken off: ${error.message}`);
    return { kind: 'done' };
  }
  if (error.code === 'message_too_new') {
    logger.warn({ code: error.code, where: error.where }, `put aside: ${error.message}`);
    return { kind: 'delay', delayMs: TOO_NEW_DELAY_MS };
  }
  const next = nextTry(error, { ...job, outageAttempts: tools.config.outageAttempts });
  logFailure(logger, job, { error, thrown, next });
  if (next.kind !== 'none' && message !== null)
    heartbeat.heldUp(message.run, taskOf(message), `failed, and will be tried again: ${error.message}`);
  if (next.kind === 'retry') return { kind: 'retry', error };
  if (next.kind === 'wait_out')
    return { kind: 'delay', delayMs: backoffMs(next.outages), outages: next.outages };
  if (message === null) return { kind: 'fail', error };
  // Never given up: the history of a destination has a row for each run, however late.
  if (message.type === 'run_ended') return { kind: 'delay', delayMs: NO_HISTORY_DELAY_MS };
  try {
    // Before the job fails: a failed job without a failure in the bucket means that the queue gave it up.
    const failed = await failRun(tools.store, tools.queue, {
      run: message.run,
      round: message.round,
      task: message.type === 'task_ready' ? message.task : null,
      error,
      attempts: job.attempt + job.outages,
      worker: tools.worker,
    });
    if (!failed) return { kind: 'done' };
  } catch (unrecorded) {
    const { code, where, message: why } = asMillraceError(unrecorded);
    logger.error({ code, where }, `put aside: the failure of the run could not be recorded: ${why}`);
    return { kind: 'delay', delayMs: UNRECORDED_DELAY_MS };
  }
  return { kind: 'fail', error };
}

function logFailure(
  logger: Logger,
  job: ReceivedJob,
  { error, thrown, next }: { error: MillraceError; thrown: unknown; next: NextTry },
): void {
  const tries =
    next.kind === 'wait_out' ? { outages: next.outages } : { try: job.attempt, tries: job.attempts };
  const detail = { code: error.code, where: error.where, ...tries };
  const foreseen = isMillraceError(thrown) && error.code !== 'internal';
  const line = foreseen ? detail : { ...detail, err: thrown };
  if (next.kind === 'none') logger.error(line, error.message);
  else logger.warn(line, `will be tried again: ${error.message}`);
}

function poisoned(stalls: number): MillraceError {
  return fail('poison_task', {
    message: `The task was started ${stalls} times, and each time its worker ended or fell silent.`,
    hint: 'Look into the log of the workers for what ended them: memory is the usual cause.',
  });
}
