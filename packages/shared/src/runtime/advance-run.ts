import { readyTasks, tasksWaitingFor } from '../core/advance.ts';
import { jobId } from '../core/bucket-layout.ts';
import { STAGES, STAGE_OF, type Task } from '../core/task.ts';
import type { Plan } from '../core/plan.ts';
import type { Job, TaskQueue } from '../ports/queue.ts';
import type { RunStore } from './run-store.ts';

export function taskJob(run: string, task: Task, generation: number, round: number): Job {
  return {
    id: jobId(run, task.id, generation, round),
    message: { v: 1, type: 'task_ready', run, round, task: task.id, generation },
  };
}

/**
 * The job that records a run that was not published in its destinations. A run may be cancelled while it fails, and
 * that has to be recorded after the failure: so it is another job.
 */
export function endedJob(run: string, round: number, how: 'failed' | 'cancelled'): Job {
  const name = how === 'failed' ? 'ended' : 'cancelled';
  return { id: jobId(run, name, 1, round), message: { v: 1, type: 'run_ended', run, round } };
}

export interface Step {
  /** The round that the jobs belong to. */
  readonly round: number;
  /** The task that was committed; null to look at all tasks. */
  readonly committed: string | null;
}

/**
 * Enqueues what may start now: after a commit only what waited for it, without one everything that is ready. Of a
 * cancelled run nothing may start.
 */
export async function advanceRun(
  store: RunStore,
  queue: TaskQueue,
  plan: Plan,
  { round, committed }: Step,
): Promise<void> {
  if (await store.isCancelled(plan.run)) return;
  const ready =
    committed === null
      ? readyTasks(plan, await store.done(plan.run))
      : await readyAfter(store, plan, committed);
  for (const stage of STAGES) {
    const jobs = ready
      .filter((task) => STAGE_OF[task.kind] === stage)
      .map((task) => taskJob(plan.run, task, 1, round));
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
