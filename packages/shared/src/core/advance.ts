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
 * The tasks that wait for `committed`, and maybe for others. A worker that commits one task looks only at these: all
 * ready tasks after each of n commits would be n² jobs.
 */
export function tasksWaitingFor(plan: Plan, committed: string): Task[] {
  return plan.tasks.filter((task) => task.dependsOn.includes(committed));
}
