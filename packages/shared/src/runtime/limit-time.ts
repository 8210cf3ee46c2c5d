import { fail, type MillraceError } from '../core/errors.ts';
import { STAGE_OF } from '../core/task.ts';
import type { TaskContext, TaskHandler, TaskProgress } from '../ports/task-handler.ts';
import type { OtherHandler } from './process-job.ts';

export interface TimeLimit {
  readonly timeoutMs: number;
  /** How long a task may take to end after it was told to. */
  readonly heedMs: number;
  /** Called when it has not ended then: something in it hangs, and this process is of no more use. */
  readonly onUnheeded: (error: MillraceError) => void;
}

/**
 * Ends attempts to read or load that take too long, by the signal they are given; they then throw `task_timeout`. One
 * that is done all the same counts as done. Models and checks have a limit of their own.
 */
export function limitTime(handle: TaskHandler, limit: TimeLimit): TaskHandler {
  return async (context) => {
    if (STAGE_OF[context.task.kind] === 'transform') return handle(context);
    let progress: TaskProgress = { rows: 0, batches: 0, rejected: 0 };
    const onProgress = (now: TaskProgress) => {
      progress = now;
      context.onProgress(now);
    };
    const late = () => tookTooLong(context, limit.timeoutMs, progress);
    return within(limit, context.signal, late, (signal) => handle({ ...context, signal, onProgress }));
  };
}

/** Likewise ends planning, which lists folders and reads samples of files that may hang. */
export function limitPlanning(handle: OtherHandler, limit: TimeLimit): OtherHandler {
  return (message, logger, signal) => {
    if (message.type !== 'run_requested') return handle(message, logger, signal);
    const late = () => plannedTooLong(message.run, limit.timeoutMs);
    return within(limit, signal, late, (limited) => handle(message, logger, limited));
  };
}

async function within<T>(
  { timeoutMs, heedMs, onUnheeded }: TimeLimit,
  signal: AbortSignal,
  describe: () => MillraceError,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  let unheeded: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    const error = describe();
    late.abort(error);
    unheeded = setTimeout(() => onUnheeded(error), heedMs);
  }, timeoutMs);
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    // Whatever work says that was broken off: that is why.
    throw late.signal.aborted && !signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(unheeded);
  }
}

function tookTooLong({ plan, task }: TaskContext, timeoutMs: number, progress: TaskProgress): MillraceError {
  const { rows, batches, rejected } = progress;
  return fail('task_timeout', {
    message: `Task '${task.id}' did not end within ${timeoutMs} ms: it had got to ${rows} rows, ${batches} batches, ${rejected} rejects.`,
    where: `run ${plan.run}`,
    hint: 'Raise MILLRACE_TASK_TIMEOUT_MS of the workers, or see whether the source or destination hangs.',
  });
}

function plannedTooLong(run: string, timeoutMs: number): MillraceError {
  return fail('task_timeout', {
    message: `The plan was not made within ${timeoutMs} ms.`,
    where: `run ${run}`,
    hint: 'Raise MILLRACE_TASK_TIMEOUT_MS of the workers, or see whether a source or destination hangs.',
  });
}
