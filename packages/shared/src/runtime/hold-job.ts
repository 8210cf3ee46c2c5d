import type { Message } from '../contracts/message.ts';
import { describeWait } from '../core/wait.ts';
import type { JobOutcome } from '../ports/job-consumer.ts';
import type { Logger } from './logger.ts';
import type { Waiting } from './waiting.ts';

/** Puts a job aside that must wait: the outcome for the queue, or null when the job may start. */
export type HoldJob = (message: Message, logger: Logger) => Promise<JobOutcome | null>;

/** Soon enough for a person who lets a pipeline go on and looks. */
const LOOK_AGAIN_MS = 1000;
/** Jobs that wait come back one after another: thousands at once would keep the worker from what may start. */
const APART_MS = 5;
const REMEMBERED_WAITS = 1000;

export function createHoldJob(waiting: Waiting): HoldJob {
  /** Said once for each run and reason, not for every look at every task. */
  const said = new Set<string>();
  let nextAtMs = 0;
  return async (message, logger) => {
    const wait = await waiting.ofJob(message);
    if (wait === null) return null;
    const key = `${message.run} ${wait.reason}`;
    if (!said.has(key)) {
      if (said.size >= REMEMBERED_WAITS) said.clear();
      said.add(key);
      logger.info({ reason: wait.reason }, `put aside: ${describeWait(wait)}`);
    }
    const nowMs = Date.now();
    nextAtMs = Math.max(nowMs + LOOK_AGAIN_MS, nextAtMs + APART_MS);
    return { kind: 'delay', delayMs: nextAtMs - nowMs };
  };
}
