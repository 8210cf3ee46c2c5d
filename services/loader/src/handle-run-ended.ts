import { fail } from '@millrace/shared/core/errors';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { RunRecord, InputRecord } from '@millrace/shared/core/run-record';
import type { OtherHandler } from '@millrace/shared/runtime/process-job';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';

import { recordFailedFiles } from './adapters/files-failed-run.ts';
import { recordInThread } from './adapters/sqlite-thread.ts';
import { failedRun, inputRecords, runFacts } from './core/run-facts.ts';

/**
 * Writes a run that failed into the history of its destinations. A run whose plan could not be made has none, and
 * is remembered by the bucket alone. Repeating it is harmless, and a destination where the run is published keeps that.
 */
export function createRunEndedHandler({ store }: Pick<ServiceTools, 'store'>): OtherHandler {
  return async (message) => {
    if (message.type !== 'run_ended') {
      throw fail('message_invalid', {
        message: `A message of type ${message.type} does not belong on this queue.`,
        where: `run ${message.run}`,
      });
    }
    const { plan, request, manifests, failure } = await store.load(message.run);
    if (plan === null || failure === null) return;
    const inputs = inputRecords(plan, [...manifests.values()]);
    const record = failedRun(runFacts(plan, request, inputs), failure);
    for (const destination of plan.destinations) await recordFailedRun(destination, record, inputs);
  };
}

async function recordFailedRun(
  destination: Destination,
  record: RunRecord,
  inputs: readonly InputRecord[],
): Promise<void> {
  if (destination.type === 'sqlite') await recordInThread({ path: destination.path, record, inputs });
  else await recordFailedFiles(destination.path, record, inputs);
}
