import { fail, type MillraceError } from '../core/errors.ts';
import { STAGE_OF } from '../core/task.ts';
import type { TaskContext, TaskHandler, TaskProgress } from '../ports/task-handler.ts';

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
    const late = new AbortController();
    let progress: TaskProgress = { rows: 0, batches: 0, rejected: 0 };
    const onProgress = (now: TaskProgress) => {
      progress = now;
      context.onProgress(now);
    };
    let unheeded: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      const error = tookTooLong(context, limit.timeoutMs, progress);
      late.abort(error);
      unheeded = setTimeout(() => limit.onUnheeded(error), limit.heedMs);
    }, limit.timeoutMs);
    const signal = AbortSignal.any([context.signal, late.signal]);
    try {
      return await handle({ ...context, signal, onProgress });
    } catch (error) {
      // Whatever an attempt says that was broken off: that is why.
      throw late.signal.aborted && !context.signal.aborted ? late.signal.reason : error;
    } finally {
      clearTimeout(timer);
      clearTimeout(unheeded);
    }
  };
}

function tookTooLong({ plan, task }: TaskContext, timeoutMs: number, progress: TaskProgress): MillraceError {
  const { rows, batches, rejected } = progress;
  return fail('task_timeout', {
    message: `Task '${task.id}' did not end within ${timeoutMs} ms: it had got to ${rows} rows, ${batches} batches, ${rejected} rejects.`,
    where: `run ${plan.run}`,
    hint: 'Raise MILLRACE_TASK_TIMEOUT_MS of the workers, or see whether the source or destination hangs.',
  });
}
