import type { Stage } from '@millrace/shared/core/task';

/** GET /api/workers, and the event `workers`. */
export interface WorkersPage {
  /** Null while Redis answers; else why nothing is known, and `workers` is empty. */
  readonly problem: string | null;
  readonly workers: readonly WorkerRow[];
}

export interface WorkerRow {
  readonly id: string;
  readonly stage: Stage;
  readonly pid: number;
  readonly host: string;
  readonly version: string;
  readonly started_at: string;
  readonly seen_at: string;
  readonly rss_bytes: number;
  readonly task: {
    readonly run: string;
    readonly task: string;
    readonly started_at: string;
    readonly rows: number;
    readonly batches: number;
    readonly rejected: number;
  } | null;
  readonly held_up: {
    readonly run: string;
    readonly task: string;
    readonly message: string;
    readonly at: string;
  } | null;
}

/** GET /api/queues, and the event `queues`. */
export interface QueuesPage {
  readonly problem: string | null;
  readonly queues: readonly QueueRow[];
}

export interface QueueRow {
  readonly queue: Stage;
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly failed: number;
  /** Jobs completed in each of the last 60 minutes, the oldest first; the last one is not over. */
  readonly completed_per_minute: readonly number[];
  readonly failed_per_minute: readonly number[];
  /** Depth (waiting + delayed + active) as this dashboard saw it, the oldest first, at most 300 points. */
  readonly depth: readonly { readonly at: string; readonly jobs: number }[];
  /** Path of the queue in bull-board. */
  readonly url: string;
}
