import { requireCancellable } from '../core/cancel.ts';
import type { RunDecision } from '../core/decision.ts';
import type { TaskQueue } from '../ports/queue.ts';
import { endedJob } from './advance-run.ts';
import type { RunState, RunStore } from './run-store.ts';

export interface Cancellation {
  /** The run as it was before. */
  readonly state: RunState;
  /** The one that stands: of an earlier cancellation, if there was one. */
  readonly decision: RunDecision;
  /** Whether the run had been cancelled before. */
  readonly already: boolean;
}

/**
 * Decides that a run is not published. Once this has returned, nothing of it ever will be, whatever its workers do:
 * they leave it when they see the decision. Repeating it is harmless.
 * @param by the command and its machine
 * @throws `run_not_found`, `cancel_impossible`
 */
export async function cancelRun(store: RunStore, run: string, by: string): Promise<Cancellation> {
  const state = await store.load(run);
  requireCancellable(run, state.status, state.decision);
  const wish: RunDecision = { v: 1, run, decision: 'cancel', by, decidedAt: new Date().toISOString() };
  const decision = await store.decide(wish);
  // A load may have come first since the state was read.
  requireCancellable(run, state.status, decision);
  return { state, decision, already: decision !== wish };
}

/** Has a cancelled run recorded in its destinations. When Redis is away, the reconciler does it later. */
export async function recordCancelled(queue: TaskQueue, { request, round }: RunState): Promise<void> {
  await queue.add('load', [endedJob(request.run, round, 'cancelled')]);
}
