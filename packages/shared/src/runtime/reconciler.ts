import { readyTasks } from '../core/advance.ts';
import { fail, isMillraceError, type ErrorCode, type MillraceError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { RunRequest } from '../core/run.ts';
import { TERMINAL_STATUSES } from '../core/status.ts';
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

/** Errors that concern one run: its files cannot be read, or its destination cannot be asked whether it has the run. */
const OF_ONE_RUN: readonly ErrorCode[] = [
  'bucket_unavailable',
  'destination_unavailable',
  'destination_unusable',
  'ledger_too_new',
  'message_invalid',
  'message_too_new',
  'record_corrupt',
];

export interface Reconciler {
  /** Looks at every run that has not ended. @returns how many jobs were added */
  reconcile(): Promise<number>;
  /** Looks at one run. @returns how many jobs were added; none when it has ended */
  reconcileRun(run: string): Promise<number>;
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
  /** Runs that have ended are not looked at again by this process, unless a retry has begun another round. */
  const ended = new Map<string, { readonly round: number; readonly final: boolean }>();
  /** Why runs could not be looked at; said once, because it is found again at every turn. */
  const unreadable = new Map<string, string>();

  return {
    reconcileRun,
    async reconcile() {
      let added = 0;
      for (const run of await store.list()) {
        try {
          if (await hasEnded(run)) continue;
          added += await reconcileRun(run);
          unreadable.delete(run);
        } catch (error) {
          await passOver(run, error);
        }
      }
      return added;
    },
  };

  /** One run that cannot be looked at must not keep the others from being looked at. */
  async function passOver(run: string, error: unknown): Promise<void> {
    if (!isOfOneRun(error)) throw error;
    if (unreadable.get(run) !== error.message)
      logger.warn({ run, code: error.code, where: error.where }, `not reconciled: ${error.message}`);
    unreadable.set(run, error.message);
    if (error.code === 'record_corrupt') await endDamaged(run, error);
  }

  /**
   * Damage stays, and without its plan or its decision a run would never end. One that may have been published has failed
   * only when its destinations, asked, do not have it.
   */
  async function endDamaged(run: string, error: MillraceError): Promise<void> {
    try {
      const round = await store.round(run);
      await failRun(store, queue, { run, round, task: null, error, attempts: 1, worker });
    } catch (another) {
      if (!isOfOneRun(another)) throw another;
    }
  }

  async function hasEnded(run: string): Promise<boolean> {
    const known = ended.get(run);
    if (known === undefined) return false;
    return known.final || (await store.round(run)) === known.round;
  }

  async function reconcileRun(run: string): Promise<number> {
    const standing = await store.standing(run);
    if (standing === null) return 0;
    const { request, plan, done, round, status } = standing;
    if (TERMINAL_STATUSES.includes(status)) {
      if (
        status === 'published' ||
        (await isRecorded(run, round, status === 'cancelled' ? 'cancelled' : 'failed'))
      )
        ended.set(run, { round, final: status !== 'failed' });
      return 0;
    }
    return reconcileJobs(
      { store, queue, worker, logger },
      { run, round },
      plan === null ? [wantedPlan(request, round)] : wantedTasks(plan, done, round),
    );
  }

  /** A run that was not published has to be recorded in its destinations; until then its job may get lost like any other. */
  async function isRecorded(run: string, round: number, how: 'failed' | 'cancelled'): Promise<boolean> {
    const job = endedJob(run, round, how);
    const [state] = await queue.states('load', [job.id]);
    if (state === 'missing') await queue.add('load', [job]);
    return state === 'completed' || state === 'failed';
  }
}

function isOfOneRun(error: unknown): error is MillraceError {
  return isMillraceError(error) && OF_ONE_RUN.includes(error.code);
}

async function reconcileJobs(tools: Tools, of: RunRound, wanted: readonly WantedJob[]): Promise<number> {
  let added = 0;
  for (const stage of STAGES) {
    const open = wanted.filter((job) => job.stage === stage);
    if (open.length > 0) added += await reconcileStage(tools, of, stage, open);
  }
  return added;
}

async function reconcileStage(
  tools: Tools,
  of: RunRound,
  stage: Stage,
  wanted: readonly WantedJob[],
): Promise<number> {
  const { store, queue, logger } = tools;
  const { run } = of;
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
  for (const one of [...lost, ...unsettled]) await giveUp(tools, of, one);
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
  of: RunRound,
  { task, name }: WantedJob,
): Promise<void> {
  if (await isDone(store, of.run, task)) return;
  await failRun(store, queue, { ...of, task, error: lostError(name), attempts: 1, worker });
}

async function isDone(store: RunStore, run: string, task: string | null): Promise<boolean> {
  return task === null ? (await store.plan(run)) !== null : store.areDone(run, [task]);
}

/** The jobs of a round are its own: what became of those of an earlier one says nothing. */
interface RunRound {
  readonly run: string;
  readonly round: number;
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

function wantedPlan(request: RunRequest, round: number): WantedJob {
  const job = (generation: number) => planJob(request, generation, round);
  return { task: null, name: 'plan', stage: 'extract', job };
}

function wantedTasks(plan: Plan, done: ReadonlySet<string>, round: number): WantedJob[] {
  return readyTasks(plan, done).map((task) => ({
    task: task.id,
    name: task.id,
    stage: STAGE_OF[task.kind],
    job: (generation) => taskJob(plan.run, task, generation, round),
  }));
}

function lostError(task: string): Error {
  return fail('poison_task', {
    message: `The job of '${task}' was given up by the queue: its workers ended again and again without finishing it.`,
    hint: 'Look into the logs of the workers for what ended them: memory is the usual cause.',
  });
}
