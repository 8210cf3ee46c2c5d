import type { RunLive, RunSummary } from './run.ts';
import type { QueuesPage, WorkersPage } from './worker.ts';

/**
 * GET /api/events?topics=runs,workers,queues&run=<id> — server-sent events; `run` subscribes to the events of one run.
 * The name of the event is its key here, its data JSON. The current state comes at once, then at most two events per
 * second and kind, each the newest state: what was missed needs no catching up. A client too slow to read is
 * disconnected and, as EventSource does by itself, comes back.
 */
export interface DashboardEvents {
  /** Summaries that changed or are new; lay them over the list by `run`. */
  readonly runs: { readonly runs: readonly RunSummary[] };
  readonly run: RunLive;
  readonly workers: WorkersPage;
  readonly queues: QueuesPage;
  /** At most every 15 s without another event. */
  readonly ping: { readonly at: string };
}
