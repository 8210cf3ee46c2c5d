import { readyTasks } from '../core/advance.ts';
import { fail, isMillraceError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { RunRequest } from '../core/run.ts';
import { TERMINAL_STATUSES, runStatus } from '../core/status.ts';
import { STAGES, STAGE_OF, type Stage } from '../core/task.ts';
import type { Job, TaskQueue } from '../ports/queue.ts';
import { endedJob, taskJob } from './advance-run.ts';
import { failRun } from './fail-run.ts';
import type { Logger } from './logger.ts';
import { planJob } from './request-run.ts';
import type { RunStore } from './run-store.ts';

/** More generations than this of one job mean that something removes its results again and again. */
const MAX_GENERATIONS = 20;
/** Tasks named in a line of the log; the line gives the number of all. */
const NAMED_TASKS = 5;

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
  /** Why runs could not be looked at; said once, because it is found again at every turn. */
  const unreadable = new Map<string, string>();

  return {
    async reconcile() {
      let added = 0;
      for (const run of await store.list()) {
        if (ended.has(run)) continue;
        try {
          added += await reconcileRun(run);
          unreadable.delete(run);
        } catch (error) {
          passOver(run, error);
        }
      }
      return added;
    },
  };

  /** One run whose files cannot be read must not keep the others from being looked at. */
  function passOver(run: string, error: unknown): void {
    if (!isMillraceError(error) || !['message_invalid', 'message_too_new'].includes(error.code)) throw error;
    if (unreadable.get(run) === error.message) return;
    unreadable.set(run, error.message);
    logger.warn({ run, code: error.code, where: error.where }, `not reconciled: ${error.message}`);
  }

  async function reconcileRun(run: string): Promise<number> {
    const [request, plan, done, failure] = await Promise.all([
      store.request(run),
      store.plan(run),
      store.done(run),
      store.failure(run),
    ]);
    if (request === null) return 0;
    if (TERMINAL_STATUSES.includes(runStatus(plan, done, failure))) {
      if (failure === null || (await isRecorded(run))) ended.add(run);
      return 0;
    }
    return reconcileJobs(
      { store, queue, worker, logger },
      run,
      plan === null ? [wantedPlan(request)] : wantedTasks(plan, done),
    );
  }

  /** A failed run has to be recorded in its destinations; until then its job may get lost like any other. */
  async function isRecorded(run: string): Promise<boolean> {
    const job = endedJob(run);
    const [state] = await queue.states('load', [job.id]);
    if (state === 'missing') await queue.add('load', [job]);
    return state === 'completed' || state === 'failed';
  }
}

async function reconcileJobs(tools: Tools, run: string, wanted: readonly WantedJob[]): Promise<number> {
  let added = 0;
  for (const stage of STAGES) {
    const open = wanted.filter((job) => job.stage === stage);
    if (open.length > 0) added += await reconcileStage(tools, run, stage, open);
  }
  return added;
}

async function reconcileStage(
  tools: Tools,
  run: string,
  stage: Stage,
  wanted: readonly WantedJob[],
): Promise<number> {
  const { store, queue, logger } = tools;
  const missing: { task: string; job: Job }[] = [];
  const lost: WantedJob[] = [];
  let unsettled = wanted;
  for (let generation = 1; unsettled.length > 0 && generation <= MAX_GENERATIONS; generation += 1) {
    const jobs = unsettled.map((one) => one.job(generation));
    const states = await queue.states(
      stage,
      jobs.map((job) => job.id),
    );
    const completed: WantedJob[] = [];
    for (const [index, one] of unsettled.entries()) {
      const [state, job] = [states[index], jobs[index]];
      if (state === 'completed') completed.push(one);
      if (state === 'failed') lost.push(one);
      // The job may have ended, and been evicted, since the manifests were listed.
      if (state === 'missing' && job !== undefined && !(await isDone(store, run, one.task)))
        missing.push({ task: one.name, job });
    }
    unsettled = completed;
  }
  for (const one of [...lost, ...unsettled]) await giveUp(tools, run, one);
  if (missing.length === 0) return 0;
  const tasks = missing.slice(0, NAMED_TASKS).map(({ task }) => task);
  logger.warn({ run, jobs: missing.length, tasks }, 'reconciled: jobs were missing');
  await queue.add(
    stage,
    missing.map(({ job }) => job),
  );
  return missing.length;
}

/** A handler that fails says so in the bucket before its job fails, so this job was failed by the queue itself. */
async function giveUp(
  { store, queue, worker }: Tools,
  run: string,
  { task, name }: WantedJob,
): Promise<void> {
  if (await isDone(store, run, task)) return;
  await failRun(store, queue, { run, task, error: lostError(name), attempts: 1, worker });
}

async function isDone(store: RunStore, run: string, task: string | null): Promise<boolean> {
  return task === null ? (await store.plan(run)) !== null : store.areDone(run, [task]);
}

interface Tools {
  readonly store: RunStore;
  readonly queue: TaskQueue;
  readonly worker: string;
  readonly logger: Logger;
}

/** A job that should be there as long as its work is not done. */
interface WantedJob {
  /** Null for the job that makes the plan. */
  readonly task: string | null;
  readonly name: string;
  readonly stage: Stage;
  readonly job: (generation: number) => Job;
}

function wantedPlan(request: RunRequest): WantedJob {
  return { task: null, name: 'plan', stage: 'extract', job: (generation) => planJob(request, generation) };
}

function wantedTasks(plan: Plan, done: ReadonlySet<string>): WantedJob[] {
  return readyTasks(plan, done).map((task) => ({
    task: task.id,
    name: task.id,
    stage: STAGE_OF[task.kind],
    job: (generation) => taskJob(plan.run, task, generation),
  }));
}

function lostError(task: string): Error {
  return fail('poison_task', {
    message: `The job of '${task}' was given up by the queue: its workers ended again and again without finishing it.`,
    hint: 'Look into the logs of the workers for what ended them: memory is the usual cause.',
  });
}
