import { setTimeout as delay } from 'node:timers/promises';

import { HEARTBEAT_MS, listWorkers } from '../adapters/worker-registry.ts';

/** A worker leaves a cancelled run within 5 s; one that was killed is remembered for 10 s. */
const WAIT_MS = 10_000;
const POLL_MS = 250;

export interface AtWork {
  /** Of the worker. */
  readonly id: string;
  readonly task: string;
}

/**
 * Waits until no worker is at a cancelled run, which each learns of from the bucket. Throws `redis_unavailable`.
 * @returns who has not left it when the waiting ended
 */
export async function waitUntilLeft(options: {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly run: string;
}): Promise<AtWork[]> {
  const deadline = performance.now() + WAIT_MS;
  // Who began just before the run was cancelled has not said so yet.
  await delay(2 * HEARTBEAT_MS);
  for (;;) {
    const workers = await listWorkers(options);
    const atWork = workers.flatMap(({ id, task }) =>
      task?.run === options.run ? [{ id, task: task.task }] : [],
    );
    if (atWork.length === 0 || performance.now() >= deadline) return atWork;
    await delay(POLL_MS);
  }
}
