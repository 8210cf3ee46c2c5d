import type { ErrorRecord } from './errors.ts';
import type { ReplayRequest } from './replay.ts';

/** The wish for a run, kept in the bucket so that it cannot be lost with the queue. */
export interface RunRequest {
  readonly v: 1;
  readonly run: string;
  readonly pipeline: string;
  readonly bundle: string;
  readonly requestedAt: string;
  readonly trigger: 'cli' | 'demo' | 'schedule' | 'dashboard';
  /** The idempotency key given by the user, or null. */
  readonly key: string | null;
  /** Whether to read all inputs, also those of which earlier batches could be taken over. */
  readonly full: boolean;
  /** Set when the run is a replay: it reads rejected records of an earlier run. */
  readonly replay: ReplayRequest | null;
}

/** A round of a run that ended without publishing; `task` is null when the plan itself could not be made. */
export interface RunFailure {
  readonly v: 1;
  readonly run: string;
  /** A run begins with round 1; each retry starts the next. The run has failed when its latest round has. */
  readonly round: number;
  readonly task: string | null;
  readonly error: ErrorRecord;
  readonly attempts: number;
  readonly worker: string;
  readonly failedAt: string;
}

/**
 * The record that data of an ended run is removed, written before the first object goes. From then on nothing new may
 * refer to these tasks. Plan, manifests and, if it was published, rejects stay: they are the run's history.
 */
export interface PrunedRecord {
  readonly v: 1;
  readonly run: string;
  /** Ids of the tasks whose data goes. Others of the run may be needed still. */
  readonly tasks: readonly string[];
  /** `prune` or `cancel`, with user and host. */
  readonly by: string;
  readonly prunedAt: string;
}

const RUN_ID = /^\d{8}T\d{6}-[0-9a-f]{8}$/;

/**
 * Ids sort by time of request and are fit for file names, job ids and SQL.
 * @param requestedAt ISO UTC, e.g. 2026-11-22T06:00:00.000Z
 * @param random 8 hex digits
 */
export function makeRunId(requestedAt: string, random: string): string {
  return `${requestedAt.slice(0, 19).replaceAll(/[-:]/g, '')}-${random}`;
}

export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}
