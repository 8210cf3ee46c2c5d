import type { RunReport } from '@millrace/shared/core/report/run-report';
import type { WaitReport } from '@millrace/shared/core/report/wait-report';
import type { RunStatus } from '@millrace/shared/core/status';
import type { Stage } from '@millrace/shared/core/task';

import type { CheckCounts } from './check.ts';
import type { Graph, NodeState } from './graph.ts';

/** A run in lists. */
export interface RunSummary {
  readonly run: string;
  readonly pipeline: string;
  readonly status: RunStatus;
  readonly waiting: WaitReport | null;
  readonly trigger: RunReport['trigger'];
  readonly key: string | null;
  readonly replay_of: string | null;
  /** 1, and one more for each retry. */
  readonly round: number;
  readonly requested_at: string;
  readonly ended_at: string | null;
  /** From request to end; null while it goes on. */
  readonly duration_ms: number | null;
  /** 0 to 1 over all stages; 1 when it is published, and as far as it came when it failed. */
  readonly fraction: number;
  /** Rows in destinations; 0 until it is published. */
  readonly rows_published: number;
  readonly records_seen: number;
  readonly records_rejected: number;
  readonly checks: CheckCounts;
  readonly error_code: string | null;
}

/** GET /api/runs?pipeline=&status=&since=&before=&limit= — newest first. `status` may be given several times. */
export interface RunsPage {
  readonly runs: readonly RunSummary[];
  /** The value of `before` for the next page; null on the last one. */
  readonly next_before: string | null;
  /** Names of all pipelines that ran or are deployed, for the filter. */
  readonly pipelines: readonly string[];
}

/** GET /api/runs/:run */
export interface RunDetail {
  /** As `millrace status <run> --json` prints it. */
  readonly report: RunReport;
  readonly live: RunLive;
  readonly graph: Graph;
  /** Why it was retried: what ended each of its earlier rounds. */
  readonly retries: readonly RetryRecord[];
  readonly decision: {
    readonly decision: 'publish' | 'cancel';
    readonly by: string;
    readonly decided_at: string;
  } | null;
  /** Null unless the run has failed. */
  readonly failed_job: JobLink | null;
  readonly code_version: string | null;
  /** Whether the buttons would do something now; the server decides again when they are pressed. */
  readonly can: { readonly cancel: boolean; readonly retry: boolean; readonly resume: boolean };
}

/** The part of a run that changes while it works: of GET /api/runs/:run and of the event `run`. */
export interface RunLive {
  readonly run: string;
  readonly pipeline: string;
  readonly status: RunStatus;
  readonly round: number;
  readonly waiting: WaitReport | null;
  readonly fraction: number;
  /** From request to now or to the end. */
  readonly elapsed_ms: number;
  readonly stages: readonly StageLive[];
  /** By node id of the graph; ids that the page does not know mean that the graph must be asked for again. */
  readonly nodes: Readonly<Record<string, NodeLive>>;
  /** Grows with each change of a task: where it is higher than that of the tasks known, ask GET …/tasks?since=. */
  readonly tasks_version: number;
  readonly rejected_by_reason: Readonly<Record<string, number>>;
  readonly checks: CheckCounts;
}

/** As `millrace watch --json` prints a stage, with its times. */
export interface StageLive {
  readonly stage: Stage;
  readonly tasks_done: number;
  readonly tasks_running: number;
  /** Null until the run is planned. */
  readonly tasks_total: number | null;
  readonly batches: number;
  readonly rows: number;
  readonly rejected: number;
  /** Of stored objects. */
  readonly size_bytes: number;
  /** 0 to 1. */
  readonly fraction: number;
  /** Null while nothing moves. */
  readonly rows_per_second: number | null;
  readonly left_ms: number | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

export interface NodeLive {
  readonly state: NodeState;
  readonly rows: number | null;
  readonly rejected: number;
  readonly tasks_done: number;
  readonly tasks_running: number;
  readonly tasks_total: number;
  readonly checks: CheckCounts | null;
}

export interface RetryRecord {
  readonly round: number;
  readonly retried_at: string;
  readonly by: string;
  readonly failed_with: {
    readonly code: string;
    readonly message: string;
    readonly task: string | null;
  } | null;
}

export interface JobLink {
  readonly task: string;
  /** Path in bull-board. The queue forgets jobs after some days. */
  readonly url: string;
}

/** POST /api/runs/:run/cancel | retry | resume, and POST /api/pipelines/:name/run. */
export interface RunChanged {
  readonly run: string;
  /** What happened, in a sentence. */
  readonly message: string;
}
