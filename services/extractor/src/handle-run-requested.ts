import { fail } from '@millrace/shared/core/errors';
import { advanceRun } from '@millrace/shared/runtime/advance-run';
import { openPlanMemory, rememberFiles } from '@millrace/shared/runtime/plan-memory';
import type { OtherHandler } from '@millrace/shared/runtime/process-job';
import { readReplayLayers } from '@millrace/shared/runtime/replay-history';
import { whyRoundIsOver } from '@millrace/shared/runtime/round-over';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';
import { planRun } from '@millrace/sources/plan/run-planner';

/** Turns the request for a run into its plan and enqueues the tasks that wait for nothing. */
export function createPlanHandler({ bucket, store, queue, events }: ServiceTools): OtherHandler {
  return async (message, logger, signal) => {
    if (message.type !== 'run_requested') {
      throw fail('message_invalid', {
        message: `A message of type ${message.type} does not belong on this queue.`,
      });
    }
    const { run, round } = message;
    const over = await whyRoundIsOver(store, run, round);
    if (over !== null) {
      logger.info(`skipped: ${over}`);
      return;
    }
    let plan = await store.plan(run);
    if (plan === null) {
      const bundle = await store.bundle(message.pipeline, message.bundle);
      const request = await store.request(run);
      const replay = request?.replay ?? null;
      const made = await planRun({
        bundle,
        bundleHash: message.bundle,
        run,
        plannedAt: new Date().toISOString(),
        full: request?.full === true,
        memory: request?.full === true ? null : openPlanMemory(bucket, message.pipeline),
        replay: replay === null ? null : { request: replay, layers: await readReplayLayers(store, replay) },
        signal,
      });
      const created = await store.commitPlan(made);
      // The plan of a replay says of its files what was, not what is.
      if (created && replay === null) await rememberFiles(bucket, made);
      if (created) events?.planned(made, round);
      if (!created) logger.warn('fenced: another worker has planned this run; its plan stands');
      plan = await store.plan(run);
    }
    if (plan === null) throw fail('bucket_unavailable', { message: `The plan of run ${run} vanished.` });
    logger.info({ tasks: plan.tasks.length }, 'planned');
    await advanceRun(store, queue, plan, { round, committed: null });
  };
}
