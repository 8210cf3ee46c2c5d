import { toErrorRecord } from '../core/errors.ts';
import type { TaskQueue } from '../ports/queue.ts';
import { endedJob } from './advance-run.ts';
import type { RunStore } from './run-store.ts';

export interface Ending {
  readonly run: string;
  /** Null when the plan could not be made. */
  readonly task: string | null;
  readonly error: unknown;
  readonly attempts: number;
  readonly worker: string;
}

/** Ends a run without publishing and has it recorded. The first failure of a run stands; later ones change nothing. */
export async function failRun(store: RunStore, queue: TaskQueue, ending: Ending): Promise<void> {
  await store.commitFailure({
    v: 1,
    run: ending.run,
    task: ending.task,
    error: toErrorRecord(ending.error),
    attempts: ending.attempts,
    worker: ending.worker,
    failedAt: new Date().toISOString(),
  });
  await queue.add('load', [endedJob(ending.run)]);
}
