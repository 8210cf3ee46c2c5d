import { toErrorRecord } from '../core/errors.ts';
import type { TaskQueue } from '../ports/queue.ts';
import { endedJob } from './advance-run.ts';
import type { RunStore } from './run-store.ts';
import { settleLoad } from './settle-load.ts';

export interface Ending {
  readonly run: string;
  /** In which the attempt began: a latecomer of an earlier round must not end the current one. */
  readonly round: number;
  /** Null when the plan could not be made. */
  readonly task: string | null;
  readonly error: unknown;
  readonly attempts: number;
  readonly worker: string;
}

/**
 * Ends a round of a run without publishing and has it recorded. Its first failure stands; later ones change nothing.
 * @returns false when there is nothing to record: the run was cancelled, or its destination turned out to have it
 * @throws also when a destination that may have the run cannot be asked; then the failure must wait
 */
export async function failRun(store: RunStore, queue: TaskQueue, ending: Ending): Promise<boolean> {
  if ((await store.isCancelled(ending.run)) || (await isLoaded(store, ending))) return false;
  await store.commitFailure({
    v: 1,
    run: ending.run,
    round: ending.round,
    task: ending.task,
    error: toErrorRecord(ending.error),
    attempts: ending.attempts,
    worker: ending.worker,
    failedAt: new Date().toISOString(),
  });
  await queue.add('load', [endedJob(ending.run, ending.round, 'failed')]);
  return true;
}

async function isLoaded(store: RunStore, { run, task: id, worker }: Ending): Promise<boolean> {
  // Nobody publishes without having decided so: then the plan, which may be what is damaged, is not needed.
  if (id === null || (await store.decision(run))?.decision !== 'publish') return false;
  const plan = await store.plan(run);
  const task = plan?.tasks.find((candidate) => candidate.id === id);
  return plan !== null && task?.kind === 'load' && settleLoad(store, worker, plan, task);
}
