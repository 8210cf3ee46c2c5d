import { toErrorRecord } from '../core/errors.ts';
import type { TaskQueue } from '../ports/queue.ts';
import { endedJob } from './advance-run.ts';
import { declaredLoads, type PlannedLoads } from './declared-loads.ts';
import type { RunStore } from './run-store.ts';
import { mayBePublished, settleLoad } from './settle-load.ts';
import { orDamage, unlessDamaged } from './unless-damaged.ts';

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
  const decision = await unlessDamaged(store.decision(ending.run));
  if (decision?.decision === 'cancel' || (await isLoaded(store, ending))) return false;
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

/** Asks one destination after the error of its load; all of them when what failed is no load, but the run as a whole. */
async function isLoaded(store: RunStore, { run, task: id, worker }: Ending): Promise<boolean> {
  if (!(await mayBePublished(store, run))) return false;
  const loads = await findLoads(store, run);
  const own = loads.tasks.filter((task) => task.id === id);
  let settled = 0;
  const asked = own.length > 0 ? own : loads.tasks;
  for (const task of asked) if (await settleLoad(store, worker, loads, task)) settled += 1;
  return asked.length > 0 && settled === asked.length;
}

/** @throws when the plan is damaged and nothing else says which destinations could have the run */
async function findLoads(store: RunStore, run: string): Promise<PlannedLoads> {
  const { value: plan, damage } = await orDamage(store.plan(run));
  if (plan !== null) return { ...plan, tasks: plan.tasks.filter((task) => task.kind === 'load') };
  const declared = await declaredLoads(store, run);
  if (declared === null && damage !== null) throw damage;
  return declared ?? { run, destinations: [], tasks: [] };
}
