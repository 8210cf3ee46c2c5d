import { setTimeout as delay } from 'node:timers/promises';

import { HEARTBEAT_MS, listWorkers } from '@millrace/shared/adapters/worker-registry';
import { isMillraceError } from '@millrace/shared/core/errors';
import { recordCancelled } from '@millrace/shared/runtime/cancel-run';
import type { Config } from '@millrace/shared/runtime/config';
import type { RunState } from '@millrace/shared/runtime/run-store';

import { findWorkers } from './stack/find-workers.ts';
import { withQueue } from './with-queue.ts';

/** A worker leaves a cancelled run within 5 s; one that was killed is remembered for 10 s. */
const WAIT_MS = 10_000;
const POLL_MS = 250;

export interface AtWork {
  /** Of the worker. */
  readonly id: string;
  readonly task: string;
}

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
    return { atWork: await waitUntilLeft(redisUrl, config.queuePrefix, state.request.run) };
  } catch (error) {
    if (isMillraceError(error) && error.code === 'redis_unavailable')
      return { atWork: null, why: error.message };
    throw error;
  }
}

async function waitUntilLeft(redisUrl: string, prefix: string, run: string): Promise<AtWork[]> {
  const deadline = performance.now() + WAIT_MS;
  // Who began just before the run was cancelled has not said so yet.
  await delay(2 * HEARTBEAT_MS);
  for (;;) {
    const workers = await listWorkers({ redisUrl, prefix });
    const atWork = workers.flatMap(({ id, task }) => (task?.run === run ? [{ id, task: task.task }] : []));
    if (atWork.length === 0 || performance.now() >= deadline) return atWork;
    await delay(POLL_MS);
  }
}
