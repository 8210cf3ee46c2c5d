import { readyTasks, tasksWaitingFor } from '../core/advance.ts';
import { jobId } from '../core/bucket-layout.ts';
import { STAGES, STAGE_OF, type Task } from '../core/task.ts';
import type { Plan } from '../core/plan.ts';
import type { Job, TaskQueue } from '../ports/queue.ts';
import type { RunStore } from './run-store.ts';

export function taskJob(run: string, task: Task, generation: number): Job {
  return {
    id: jobId(run, task.id, generation),
    message: { v: 1, type: 'task_ready', run, task: task.id, generation },
  };
}

/** The job that records a failed run in its destinations. */
export function endedJob(run: string): Job {
  return { id: jobId(run, 'ended', 1), message: { v: 1, type: 'run_ended', run } };
}

/** Enqueues what may start now: after a commit only what waited for it, without one everything that is ready. */
export async function advanceRun(
  store: RunStore,
  queue: TaskQueue,
  plan: Plan,
  committed: string | null,
): Promise<void> {
  const ready =
    committed === null
      ? readyTasks(plan, await store.done(plan.run))
      : await readyAfter(store, plan, committed);
  for (const stage of STAGES) {
    const jobs = ready
      .filter((task) => STAGE_OF[task.kind] === stage)
      .map((task) => taskJob(plan.run, task, 1));
    if (jobs.length > 0) await queue.add(stage, jobs);
  }
}

async function readyAfter(store: RunStore, plan: Plan, committed: string): Promise<Task[]> {
  const ready: Task[] = [];
  for (const task of tasksWaitingFor(plan, committed)) {
    if (await store.areDone(plan.run, task.dependsOn)) ready.push(task);
  }
  return ready;
}
