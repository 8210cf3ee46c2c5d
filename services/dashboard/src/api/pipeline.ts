import type { RunStatus } from '@millrace/shared/core/status';
import type { Stage } from '@millrace/shared/core/task';

import type { Graph } from './graph.ts';
import type { RunSummary } from './run.ts';

/** GET /api/pipelines */
export interface PipelinesPage {
  readonly pipelines: readonly PipelineSummary[];
}

export interface PipelineSummary {
  readonly pipeline: string;
  readonly paused: Pause | null;
  readonly schedule: Schedule | null;
  readonly last_run: RunSummary | null;
  /** Status of the last runs, the newest first, at most 20. */
  readonly recent: readonly {
    readonly run: string;
    readonly status: RunStatus;
    readonly duration_ms: number | null;
  }[];
}

export interface Pause {
  readonly by: string;
  readonly changed_at: string;
  readonly reason: string | null;
}

export interface Schedule {
  readonly cron: string;
  readonly time_zone: string;
  readonly paused: boolean;
  readonly next_at: string | null;
}

/** GET /api/pipelines/:name */
export interface PipelineDetail {
  readonly pipeline: string;
  /** Content hash of what a new run would use. */
  readonly bundle: string | null;
  /** What is wrong with it, when it cannot be compiled; the graph is empty then. */
  readonly problem: {
    readonly message: string;
    readonly where: string | null;
    readonly hint: string | null;
  } | null;
  readonly paused: Pause | null;
  readonly schedule: Schedule | null;
  readonly graph: Graph;
  readonly models: readonly ModelSource[];
  /** Text of pipeline.yml. */
  readonly file: string;
  /** The newest first, at most 20. */
  readonly runs: readonly RunSummary[];
  /** For charts, the oldest first, at most 100 ended runs. */
  readonly series: readonly RunPoint[];
}

export interface ModelSource {
  readonly name: string;
  /** Relative to the pipeline folder. */
  readonly file: string;
  readonly sql: string;
  /** `append`, `replace`, `merge(key)`, or null for a model that only others read. */
  readonly load: string | null;
  readonly depends_on: readonly string[];
}

export interface RunPoint {
  readonly run: string;
  readonly status: RunStatus;
  readonly requested_at: string;
  readonly duration_ms: number | null;
  readonly stage_ms: Readonly<Record<Stage, number | null>>;
  /** Rows of each published table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly records_seen: number;
  readonly records_rejected: number;
  readonly checks_failed: number;
  readonly checks_warned: number;
}

/**
 * POST /api/pipelines/:name/pause with `{ "reason": … }`, and …/unpause. POST …/run with `{ "full": true }`, both of which may be
 * left out, does what `millrace run <name>` does and answers RunChanged.
 */
export interface PauseChanged {
  readonly pipeline: string;
  readonly paused: boolean;
  /** False: it was so already. */
  readonly changed: boolean;
}
