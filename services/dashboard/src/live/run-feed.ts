import { createProgressMeter } from '@millrace/shared/core/report/run-progress';
import { reportRun, type RunReport } from '@millrace/shared/core/report/run-report';
import { reportWaiting } from '@millrace/shared/core/report/wait-report';
import { TERMINAL_STATUSES } from '@millrace/shared/core/status';
import type { Wait } from '@millrace/shared/core/wait';
import type { RunState, RunStore } from '@millrace/shared/runtime/run-store';
import type { Waiting } from '@millrace/shared/runtime/waiting';

import type { RunLive } from '../api/run.ts';
import { describeLive } from '../view/run-live.ts';
import { createTaskTable, type TaskTable } from '../view/task-rows.ts';
import { paced, type Paced } from './pace.ts';
import type { WorkerView } from './worker-view.ts';

/** A run as it was at most a moment ago. */
export interface WatchedRun {
  readonly state: RunState;
  /** Made when it is asked for: of 10 000 tasks it costs more than the rest of a look. */
  readonly report: () => RunReport;
  readonly live: RunLive;
  readonly tasks: TaskTable;
}

export interface RunFeed {
  /** Throws `run_not_found`. */
  look(run: string): Promise<WatchedRun>;
  /** What was known of a run is old: it was changed from here. */
  expire(run: string): void;
}

/** A run that nobody has asked for since so many others is forgotten, and with it the rates of its stages. */
const WATCHED_RUNS = 12;
/** Asking what a run waits for may look at all unfinished runs. */
const WAIT_FRESH_MS = 3000;

export function createRunFeed(
  store: RunStore,
  waiting: Pick<Waiting, 'ofRun'>,
  workers: WorkerView,
): RunFeed {
  const watched = new Map<string, Paced<WatchedRun>>();
  return {
    expire: (run) => watched.get(run)?.expire(),
    look(run) {
      const known = watched.get(run) ?? watch(run, store, waiting, workers);
      watched.delete(run);
      watched.set(run, known);
      for (const oldest of [...watched.keys()].slice(0, watched.size - WATCHED_RUNS)) watched.delete(oldest);
      return known.look();
    },
  };
}

function watch(
  run: string,
  store: RunStore,
  waiting: Pick<Waiting, 'ofRun'>,
  workers: WorkerView,
): Paced<WatchedRun> {
  const measure = createProgressMeter();
  const tasks = createTaskTable();
  const waitOf = rarely((state: RunState) => waiting.ofRun(state));
  return paced(async () => {
    const [state, seen] = await Promise.all([store.load(run), workers.atRun(run)]);
    const why = reportWaiting(state, await waitOf(state), seen);
    const report = once(() => reportRun(state, why));
    const isEnded = TERMINAL_STATUSES.includes(state.status);
    const live = describeLive(state, {
      progress: measure(state, seen.inFlight, performance.now(), why),
      inFlight: seen.inFlight,
      tasksVersion: tasks.update(state, seen),
      until: (isEnded ? endOf(report()) : null) ?? new Date().toISOString(),
    });
    return { state, report, live, tasks };
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** ISO UTC; null for a run that goes on. */
function endOf(report: RunReport): string | null {
  return report.published_at ?? report.failed_at ?? report.cancelled_at;
}

function rarely(ask: (state: RunState) => Promise<Wait | null>): (state: RunState) => Promise<Wait | null> {
  let known: Wait | null = null;
  let freshUntil = 0;
  return async (state) => {
    if (TERMINAL_STATUSES.includes(state.status)) return null;
    if (performance.now() < freshUntil) return known;
    const startedAt = performance.now();
    known = await ask(state);
    const took = performance.now() - startedAt;
    freshUntil = performance.now() + Math.max(WAIT_FRESH_MS, 50 * took);
    return known;
  };
}
