import type { Plan } from './plan.ts';
import type { Task } from './task.ts';

/**
 * The tasks that may start now: not done themselves, with all they depend on done. Calling it twice, or from two
 * processes at once, is harmless because job ids are deterministic.
 * @param done ids of tasks that have a manifest
 */
export function readyTasks(plan: Plan, done: ReadonlySet<string>): Task[] {
  return plan.tasks.filter((task) => !done.has(task.id) && task.dependsOn.every((id) => done.has(id)));
}

/**
 * The ready tasks that wait for `committed`. A worker that commits one task enqueues only these: looking at all
 * ready tasks after each of n commits would add n² jobs.
 */
export function tasksReadyAfter(plan: Plan, done: ReadonlySet<string>, committed: string): Task[] {
  return readyTasks(plan, done).filter((task) => task.dependsOn.includes(committed));
}
