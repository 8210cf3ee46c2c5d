import type { RunStore } from './run-store.ts';

/**
 * Why the work of a round of a run must not be done any more, as it stands in the log; null when it should be done.
 * Jobs outlive what they were added for: in the queue, or in the hands of a worker that was stopped.
 */
export async function whyRoundIsOver(
  store: Pick<RunStore, 'round' | 'failure'>,
  run: string,
  round: number,
): Promise<string | null> {
  if ((await store.round(run)) > round) return 'the run was retried, and this job is of an earlier round';
  if ((await store.failure(run, round)) !== null) return 'the run has failed';
  return null;
}
