import type { TaskKind } from '@millrace/shared/core/task';

/** `waiting`: for other tasks; `ready`: for a worker; `cancelled`: undone in a run that was cancelled. */
export type TaskState = 'waiting' | 'ready' | 'running' | 'done' | 'failed' | 'cancelled';

/**
 * GET /api/runs/:run/tasks?since=<version> — in the order of the plan. With `since` only those that changed after that
 * version; without it all of them. Made for 10 000 tasks: rows name columns once, and texts that repeat stand in lists.
 */
export interface TasksPage {
  readonly run: string;
  readonly version: number;
  /** Whether these are all tasks of the run, or changes to be laid over what is known, by `id`. */
  readonly complete: boolean;
  readonly tasks_total: number;
  readonly tasks: readonly TaskRow[];
}

export interface TaskRow {
  readonly id: string;
  /** Position in the plan. */
  readonly index: number;
  readonly kind: TaskKind;
  readonly stage: 'extract' | 'transform' | 'load';
  /** Source of an extract task, table of a check, model, or destination. */
  readonly subject: string;
  readonly state: TaskState;
  /** Id of the worker; null before it began. */
  readonly worker: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly rows: number;
  readonly rejected: number;
  /** Batches stored so far: the cells of the grid. A task of a source yields many. */
  readonly batches: number;
  readonly size_bytes: number;
  /**
   * Tries that were started, 0 before the first; more than 1 is a retry. Null when the queue no longer knows, or was not
   * asked yet: GET …/tasks asks it.
   */
  readonly attempts: number | null;
  /** Why it does not go on, or what it failed with. */
  readonly message: string | null;
  /** Path of its job in bull-board. */
  readonly job_url: string;
}
