import { runCancelled } from '../core/cancel.ts';
import type { RunStore } from './run-store.ts';

/** A cancelled run has to be left within 5 s; a look costs one call to the file system. */
const LOOK_EVERY_MS = 1000;

export interface CancelWatch {
  /** Aborts with `stop`, or with `run_cancelled` when the run was. */
  readonly signal: AbortSignal;
  end(): void;
}

/** Looks every second whether a run was cancelled: that may happen on any machine, and the bucket is what all share. */
export function watchForCancel(
  store: Pick<RunStore, 'decision'>,
  run: string,
  stop: AbortSignal,
): CancelWatch {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    timer = setTimeout(() => void look(), LOOK_EVERY_MS);
  };
  const look = async () => {
    // A bucket that fails at this moment is met by the work itself, and looked into again.
    const decision = await store.decision(run).catch(() => null);
    if (controller.signal.aborted || timer === undefined) return;
    if (decision?.decision === 'cancel') controller.abort(runCancelled(decision));
    else if (decision === null) wait();
  };
  const onStop = () => controller.abort(stop.reason);
  if (stop.aborted) onStop();
  stop.addEventListener('abort', onStop);
  wait();
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      timer = undefined;
      stop.removeEventListener('abort', onStop);
    },
  };
}
