import type { RunDecision } from '../decision.ts';
import type { Manifest } from '../manifest.ts';
import type { Plan } from '../plan.ts';
import type { PrunedRecord, RunFailure, RunRequest } from '../run.ts';
import type { RunStatus } from '../status.ts';
import { STAGE_OF, type Stage, type Task } from '../task.ts';

/** What the bucket knows of a run at one moment. */
export interface RunView {
  readonly request: RunRequest;
  readonly plan: Plan | null;
  /** By task id. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly failure: RunFailure | null;
  readonly decision: RunDecision | null;
  readonly status: RunStatus;
  /** The current one, from 1. */
  readonly round: number;
  /** What was given up of its data, the oldest first. */
  readonly pruned: readonly PrunedRecord[];
}

export function tasksOf(plan: Plan | null, stage: Stage): readonly Task[] {
  return plan?.tasks.filter((task) => STAGE_OF[task.kind] === stage) ?? [];
}

/** The manifests of a stage's finished tasks, in the order of the plan. */
export function manifestsOf(run: Pick<RunView, 'plan' | 'manifests'>, stage: Stage): readonly Manifest[] {
  return tasksOf(run.plan, stage).flatMap((task) => run.manifests.get(task.id) ?? []);
}

export function sum<T>(items: Iterable<T>, amount: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += amount(item);
  return total;
}
