import { buildLoadTasks } from '../core/build-tasks.ts';
import type { Plan } from '../core/plan.ts';
import type { RunRequest } from '../core/run.ts';
import type { LoadTask } from '../core/task.ts';
import { declaredDestinations, type Bundles } from './declared-destinations.ts';

/** The part of a plan that says where a run is published. */
export type PlannedLoads = Pick<Plan, 'run' | 'destinations'> & { readonly tasks: readonly LoadTask[] };

/**
 * What the plan of a run says of its loads, from the pipeline as it was requested: for a run whose plan is damaged.
 * @returns null when the pipeline cannot be read either
 */
export async function declaredLoads(
  store: Bundles & { request(run: string): Promise<RunRequest | null> },
  run: string,
): Promise<PlannedLoads | null> {
  const request = await store.request(run);
  const destinations = request === null ? [] : await declaredDestinations(store, request);
  return destinations.length === 0 ? null : { run, destinations, tasks: buildLoadTasks(destinations, []) };
}
