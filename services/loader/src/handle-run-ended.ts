import { readCheckedRun, readUnplannedRun } from '@millrace/shared/adapters/checked-run';
import type { RunDecision } from '@millrace/shared/core/decision';
import { fail } from '@millrace/shared/core/errors';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { RunFailure } from '@millrace/shared/core/run';
import type { RunRecord } from '@millrace/shared/core/run-record';
import { declaredDestinations } from '@millrace/shared/runtime/declared-destinations';
import type { OtherHandler } from '@millrace/shared/runtime/process-job';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';
import { CODE_VERSION } from '@millrace/shared/runtime/version';

import { recordFailedFiles } from './adapters/files-failed-run.ts';
import type { RecordOrder } from './adapters/sqlite-record.ts';
import { recordInThread } from './adapters/sqlite-thread.ts';
import {
  cancelledRun,
  failedRun,
  inputRecords,
  runFacts,
  unplannedFacts,
  type RunFacts,
} from './core/run-facts.ts';

/**
 * Writes a run that failed or was cancelled into the history of its destinations, also when it never had a plan.
 * Repeating it is harmless, and a destination where the run is published keeps that.
 */
export function createRunEndedHandler({
  bucket,
  store,
  events,
}: Pick<ServiceTools, 'bucket' | 'store' | 'events'>): OtherHandler {
  return async (message) => {
    if (message.type !== 'run_ended') {
      throw fail('message_invalid', {
        message: `A message of type ${message.type} does not belong on this queue.`,
        where: `run ${message.run}`,
      });
    }
    const { plan, request, round, manifests, failure, decision } = await store.load(message.run);
    events?.ended(message.run);
    const inputs = plan === null ? [] : inputRecords(plan, [...manifests.values()]);
    const facts =
      plan === null ? unplannedFacts(request, CODE_VERSION, round) : runFacts(plan, request, inputs, round);
    const record = endedRun(facts, failure, decision);
    if (record === null) return;
    const checked =
      plan === null
        ? await readUnplannedRun(bucket, request.pipeline, failure)
        : await readCheckedRun(bucket, { plan, manifests }, failure);
    const destinations = plan?.destinations ?? (await declaredDestinations(store, request));
    for (const destination of destinations) await recordEndedRun(destination, { record, inputs, checked });
  };
}

/** Null for a run that goes on. */
function endedRun(
  facts: RunFacts,
  failure: RunFailure | null,
  decision: RunDecision | null,
): RunRecord | null {
  if (decision?.decision === 'cancel') return cancelledRun(facts, decision);
  return failure === null ? null : failedRun(facts, failure);
}

async function recordEndedRun(destination: Destination, order: Omit<RecordOrder, 'path'>): Promise<void> {
  const { record, inputs, checked } = order;
  if (destination.type === 'sqlite') await recordInThread({ path: destination.path, ...order });
  else await recordFailedFiles(destination.path, record, inputs, checked);
}
