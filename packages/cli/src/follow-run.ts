import { setTimeout as delay } from 'node:timers/promises';

import { TERMINAL_STATUSES } from '@millrace/shared/core/status';
import type { RunState, RunStore } from '@millrace/shared/runtime/run-store';
import type { Waiting } from '@millrace/shared/runtime/waiting';

import { createProgressMeter, type RunProgress } from '@millrace/shared/core/report/run-progress';
import { reportWaiting } from '@millrace/shared/core/report/wait-report';
import type { WorkerFeed } from '@millrace/shared/runtime/worker-feed';

/** Short enough to look alive; a poll reads only what is new in the bucket. */
const POLL_MS = 250;

export interface FollowOptions {
  readonly store: RunStore;
  readonly run: string;
  readonly workers: WorkerFeed;
  readonly waiting: Pick<Waiting, 'ofRun'>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
  /** Called between two polls of an unfinished run; what it throws ends the following. */
  readonly onPoll?: () => Promise<void>;
}

/** Looks at a run until it has ended, or the signal ends it. @returns the state seen last */
export async function followRun(options: FollowOptions): Promise<RunState> {
  const { store, run, workers, waiting, signal, onProgress, onPoll } = options;
  const measure = createProgressMeter();
  for (;;) {
    const [state, seen] = await Promise.all([store.load(run), workers.look(run)]);
    const why = reportWaiting(state, await waiting.ofRun(state), seen);
    onProgress(measure(state, seen.inFlight, performance.now(), why));
    if (isEnded(state) || signal.aborted) return state;
    await onPoll?.();
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

export function isEnded(state: RunState): boolean {
  return TERMINAL_STATUSES.includes(state.status);
}
