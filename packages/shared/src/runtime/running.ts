import { isMillraceError, type ErrorCode } from '../core/errors.ts';
import { runStatus, TERMINAL_STATUSES } from '../core/status.ts';
import type { Bucket } from '../ports/bucket.ts';
import { createRunStore } from './run-store.ts';

const PARALLEL_RUNS = 16;
/** A run whose files cannot be read does not go on; the reconciler says which it is. */
const UNREADABLE: readonly ErrorCode[] = ['message_invalid', 'message_too_new', 'record_corrupt'];

/** Answers whether some run of a pipeline has not ended. What is known to have ended for good is not looked at again. */
export function createRunning(bucket: Bucket): (pipeline: string) => Promise<boolean> {
  // Its own, because asking after many runs drives others out of a store's memory.
  const store = createRunStore(bucket);
  const ended = new Set<string>();
  const pipelines = new Map<string, string>();

  return async (pipeline) => {
    const runs = await store.list();
    for (let at = 0; at < runs.length; at += PARALLEL_RUNS) {
      const chunk = runs.slice(at, at + PARALLEL_RUNS);
      const going = await Promise.all(chunk.map((run) => isGoing(run, pipeline).catch(notIfUnreadable)));
      if (going.includes(true)) return true;
    }
    return false;
  };

  async function isGoing(run: string, pipeline: string): Promise<boolean> {
    if (ended.has(run)) return false;
    const own = pipelines.get(run) ?? (await store.request(run))?.pipeline;
    if (own === undefined) return false;
    pipelines.set(run, own);
    if (own !== pipeline) return false;
    const [plan, done, failure, decision] = await Promise.all([
      store.plan(run),
      store.done(run),
      store.failure(run),
      store.decision(run),
    ]);
    const status = runStatus(plan, done, failure, decision);
    // A failed run may be retried.
    if (status === 'published' || status === 'cancelled') ended.add(run);
    return !TERMINAL_STATUSES.includes(status);
  }

  function notIfUnreadable(error: unknown): boolean {
    if (isMillraceError(error) && UNREADABLE.includes(error.code)) return false;
    throw error;
  }
}
