import { fail } from '../core/errors.ts';
import { readyTasks } from '../core/advance.ts';
import { STAGE_OF, type Stage } from '../core/task.ts';
import { TERMINAL_STATUSES, runStatus } from '../core/status.ts';
import type { Job, TaskQueue } from '../ports/queue.ts';
import { endedJob, taskJob } from './advance-run.ts';
import { failRun } from './fail-run.ts';
import type { Logger } from './logger.ts';
import { planJob } from './request-run.ts';
import type { RunStore } from './run-store.ts';

/** More generations than this of one job mean that something removes its results again and again. */
const MAX_GENERATIONS = 20;

export interface Reconciler {
  /** Looks at every run that has not ended. @returns how many jobs were added */
  reconcile(): Promise<number>;
}

/**
 * Makes the queues agree with the bucket: a job that is missing is added, a job that ended without a manifest gets
 * a next generation. So a crash between commit and enqueue, an evicted job or an emptied Redis costs seconds, not data.
 */
export function createReconciler(
  store: RunStore,
  queue: TaskQueue,
  worker: string,
  logger: Logger,
): Reconciler {
  /** Runs that have ended are not looked at again by this process. */
  const ended = new Set<string>();
  return {
    async reconcile() {
      let added = 0;
      for (const run of await store.list()) {
        if (ended.has(run)) continue;
        const count = await reconcileRun(run);
        if (count === null) ended.add(run);
        else added += count;
      }
      return added;
    },
  };

  async function reconcileRun(run: string): Promise<number | null> {
    const [request, plan, done, failure] = await Promise.all([
      store.request(run),
      store.plan(run),
      store.done(run),
      store.failure(run),
    ]);
    if (request === null) return 0;
    if (TERMINAL_STATUSES.includes(runStatus(plan, done, failure))) {
      // A failed run still has to be recorded; adding the job again is a no-op while it is known.
      if (failure !== null && (await queue.state('load', endedJob(run).id)) === 'missing')
        await queue.add('load', [endedJob(run)]);
      return null;
    }
    if (plan === null) {
      return reconcileJob({
        run,
        task: null,
        stage: 'extract',
        job: (generation) => planJob(request, generation),
        isDone: async () => (await store.plan(run)) !== null,
      });
    }
    let added = 0;
    for (const task of readyTasks(plan, done)) {
      added += await reconcileJob({
        run,
        task: task.id,
        stage: STAGE_OF[task.kind],
        job: (generation) => taskJob(run, task, generation),
        isDone: async () => (await store.manifest(run, task.id)) !== null,
      });
    }
    return added;
  }

  async function reconcileJob(wanted: WantedJob): Promise<number> {
    const { run, task } = wanted;
    for (let generation = 1; generation <= MAX_GENERATIONS; generation += 1) {
      const job = wanted.job(generation);
      const state = await queue.state(wanted.stage, job.id);
      if (state === 'waiting' || state === 'running') return 0;
      if (state === 'failed') break;
      if (state === 'completed') continue;
      // The job may have ended, and been evicted, since the manifests were listed.
      if (await wanted.isDone()) return 0;
      logger.warn({ run, task, generation }, 'reconciled: a job was missing');
      await queue.add(wanted.stage, [job]);
      return 1;
    }
    if (await wanted.isDone()) return 0;
    // A handler that fails says so in the bucket before its job fails, so this job was failed by the queue itself.
    await failRun(store, queue, { run, task, error: lostError(task ?? 'plan'), attempts: 1, worker });
    return 0;
  }
}

/** A job that should be waiting or running, and what tells that its work is done after all. */
interface WantedJob {
  readonly run: string;
  readonly task: string | null;
  readonly stage: Stage;
  readonly job: (generation: number) => Job;
  readonly isDone: () => Promise<boolean>;
}

function lostError(task: string): Error {
  return fail('poison_task', {
    message: `The job of '${task}' was given up by the queue: its workers ended again and again without finishing it.`,
    hint: 'Look into the logs of the workers for what ended them: memory is the usual cause.',
  });
}
