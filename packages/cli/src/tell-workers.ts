import { isMillraceError } from '@millrace/shared/core/errors';
import { recordCancelled } from '@millrace/shared/runtime/cancel-run';
import type { Config } from '@millrace/shared/runtime/config';
import type { RunState } from '@millrace/shared/runtime/run-store';
import { waitUntilLeft, type AtWork } from '@millrace/shared/runtime/wait-until-left';

import { findWorkers } from './stack/find-workers.ts';
import { withQueue } from './with-queue.ts';

/** Who has not left the run when the waiting ended; null, and why, when nobody could be asked. */
export type Told = { readonly atWork: readonly AtWork[] } | { readonly atWork: null; readonly why: string };

/**
 * Has a cancelled run recorded in its destinations, and waits until no worker is at it. Workers learn of it from the
 * bucket: without Redis they leave it all the same, only nobody sees them do it.
 */
export async function tellWorkers(config: Config, state: RunState): Promise<Told> {
  try {
    const workers = await findWorkers(config);
    if (workers === null) return { atWork: null, why: 'no stack is running for this folder.' };
    const { redisUrl } = workers;
    await withQueue(config, redisUrl, (queue) => recordCancelled(queue, state));
    return { atWork: await waitUntilLeft({ redisUrl, prefix: config.queuePrefix, run: state.request.run }) };
  } catch (error) {
    if (isMillraceError(error) && error.code === 'redis_unavailable')
      return { atWork: null, why: error.message };
    throw error;
  }
}
