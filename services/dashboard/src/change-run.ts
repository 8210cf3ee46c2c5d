import { cancelRun, recordCancelled } from '@millrace/shared/runtime/cancel-run';
import { removeCancelled } from '@millrace/shared/runtime/prune-bucket';
import { createReconciler } from '@millrace/shared/runtime/reconciler';
import { requestRun } from '@millrace/shared/runtime/request-run';
import { findRetryable, retryRun } from '@millrace/shared/runtime/retry-run';
import { waitUntilLeft } from '@millrace/shared/runtime/wait-until-left';

import type { RunChanged } from './api/run.ts';
import { requirePipeline } from './read-pipeline.ts';
import type { DashboardTools } from './tools.ts';

/** As `millrace cancel`: what was stored is removed in the background, once the workers have left. */
export async function cancel(tools: DashboardTools, run: string): Promise<RunChanged> {
  const { store, queue, logger, by } = tools;
  const { state, already } = await cancelRun(store, run, by);
  // When Redis is away, the reconciler does it later.
  await recordCancelled(queue, state).catch((error: unknown) =>
    logger.warn({ err: error, run }, 'not recorded yet'),
  );
  void removeWhenLeft(tools, run);
  return {
    run,
    message: already ? 'It was cancelled already.' : 'Cancelled: nothing of it will be published.',
  };
}

async function removeWhenLeft({ bucket, store, config, redisUrl, logger, by }: DashboardTools, run: string) {
  try {
    await waitUntilLeft({ redisUrl, prefix: config.queuePrefix, run });
    await removeCancelled(bucket, store, run, `cancel by ${by}`);
  } catch (error) {
    logger.warn({ err: error, run }, 'what a cancelled run has stored is left to `millrace prune`');
  }
}

/** As `millrace retry`. */
export async function retry({ bucket, store, queue, by }: DashboardTools, run: string): Promise<RunChanged> {
  const { state } = await findRetryable(store, run, false);
  await retryRun(bucket, store, queue, { state, by: `retry by ${by}` });
  return { run, message: `Round ${state.round + 1} has begun: what is done stays done.` };
}

/** As `millrace resume`. */
export async function resume({ store, queue, by, logger }: DashboardTools, run: string): Promise<RunChanged> {
  // First, because it says what to do about a run that does not exist.
  await store.load(run);
  const added = await createReconciler(store, queue, `resume by ${by}`, logger).reconcileRun(run);
  const message = added === 0 ? 'No job was missing.' : `Added ${added} ${added === 1 ? 'job' : 'jobs'}.`;
  return { run, message };
}

/** As `millrace run <name>`: what was deployed last. */
export async function requestByName(
  { bucket, queue }: DashboardTools,
  name: string,
  full: boolean,
): Promise<RunChanged> {
  const deployed = await requirePipeline(bucket, name);
  const { run } = await requestRun(bucket, queue, { ...deployed, trigger: 'dashboard', key: null, full });
  return { run, message: 'The run is requested.' };
}
