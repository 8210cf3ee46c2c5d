import type { Disposition } from './pipeline.ts';
import type { RunRequest } from './run.ts';

/** One run as a destination remembers it, however it ended. Times are ISO UTC. */
export interface RunRecord {
  readonly run: string;
  readonly pipeline: string;
  readonly status: 'published' | 'failed' | 'cancelled';
  readonly trigger: RunRequest['trigger'];
  /** The run whose rejected records this one read again; null for a run of its own. */
  readonly replayOf: string | null;
  /** How often a person had it tried again until it ended so; null where a version wrote it that did not count. */
  readonly retries: number | null;
  readonly requestedAt: string;
  /** When the plan was made; when the run was requested, if it never had one. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** From request to end. */
  readonly durationMs: number;
  /** Of a run that was not published: as far as its manifests counted. */
  readonly recordsSeen: number;
  readonly recordsRejected: number;
  /** Over all tables; 0 for a run that was not published. */
  readonly rowsLoaded: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly codeVersion: string;
  /** Content hash of the pipeline folder. */
  readonly bundle: string;
}

/** A file that a run read. Counts are null when a run ended before any task had counted them. */
export interface InputRecord {
  readonly source: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** ISO UTC. */
  readonly modifiedAt: string;
  readonly sha256: string;
  readonly recordsSeen: number | null;
  readonly recordsAccepted: number | null;
  readonly recordsRejected: number | null;
}

/** How a disposition is written in a destination's own records. */
export function formatDisposition(disposition: Disposition): string {
  return disposition.kind === 'merge' ? `merge(${disposition.key.join(',')})` : disposition.kind;
}
