import { dataRemoved, requireRetryable, retriedByAnother } from '../core/retry.ts';
import type { RunFailure } from '../core/run.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { TaskQueue } from '../ports/queue.ts';
import { advanceRun } from './advance-run.ts';
import { failRun } from './fail-run.ts';
import { readPruned } from './pruned.ts';
import { planJob } from './request-run.ts';
import type { RunState, RunStore } from './run-store.ts';

/** A failed run that can go on. */
export interface RetryableRun {
  readonly state: RunState;
  /** What has ended its latest round. */
  readonly failure: RunFailure;
}

/**
 * Looks whether a run can be retried, and changes nothing.
 * @throws `run_not_found`, `run_not_ended`, `retry_impossible`
 */
export async function findRetryable(store: RunStore, run: string, force: boolean): Promise<RetryableRun> {
  const state = await store.load(run);
  const { pipeline } = state.request;
  const failure = requireRetryable({ ...state, run, pipeline, planned: state.plan !== null }, force);
  if (state.pruned.length > 0) throw dataRemoved(run, pipeline);
  return { state, failure };
}

/**
 * Begins the next round of a failed run: what is done stays done, and the rest is enqueued. A crash in between costs
 * seconds: the reconciler finds a round without jobs.
 * @param by the command, user and host
 * @throws `run_not_ended` when another command has begun it
 */
export async function retryRun(
  bucket: Bucket,
  store: RunStore,
  queue: TaskQueue,
  { state, by }: { readonly state: RunState; readonly by: string },
): Promise<void> {
  const { request, plan } = state;
  const { run, pipeline } = request;
  const round = state.round + 1;
  if (!(await store.commitRetry({ v: 1, run, round, by, retriedAt: new Date().toISOString() })))
    throw retriedByAnother(run);
  // Again, now that the run is seen to go on: pruning records first what it removes, then looks for whom it would harm.
  if ((await readPruned(bucket, run)).length > 0) {
    const error = dataRemoved(run, pipeline);
    await failRun(store, queue, { run, round, task: null, error, attempts: 0, worker: by });
    throw error;
  }
  if (plan === null) await queue.add('extract', [planJob(request, 1, round)]);
  else await advanceRun(store, queue, plan, { round, committed: null });
}
