import type { RunDecision } from './decision.ts';
import type { Plan } from './plan.ts';
import type { RunFailure } from './run.ts';
import { STAGE_OF, type Task } from './task.ts';

export const RUN_STATUSES = [
  'requested',
  'planned',
  'extracting',
  'transforming',
  'loading',
  'published',
  'failed',
  'cancelled',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const TERMINAL_STATUSES: readonly RunStatus[] = ['published', 'failed', 'cancelled'];

/**
 * The status of a run, derived from what the bucket holds and never stored anywhere.
 * @param plan its tasks; of a plan that is damaged at least those that load
 * @param done ids of tasks that have a manifest
 */
export function runStatus(
  plan: Pick<Plan, 'tasks'> | null,
  done: ReadonlySet<string>,
  failure: RunFailure | null,
  decision: RunDecision | null,
): RunStatus {
  const open = plan?.tasks.filter((task) => !done.has(task.id)) ?? [];
  if (plan !== null && open.length === 0) return 'published';
  // After `published`: a run whose every load has committed is published, whatever was said of it before.
  // Before `failed`: a task may fail at the moment at which the run is cancelled, and what a person decided is final.
  if (decision?.decision === 'cancel') return 'cancelled';
  if (failure !== null) return 'failed';
  if (plan === null) return 'requested';
  if (done.size === 0) return 'planned';
  return statusOfOpenTasks(open);
}

function statusOfOpenTasks(open: readonly Task[]): RunStatus {
  const stages = new Set(open.map((task) => STAGE_OF[task.kind]));
  if (stages.has('extract')) return 'extracting';
  return stages.has('transform') ? 'transforming' : 'loading';
}
