import type { TaskKind } from './task.ts';

/** What a job does, as far as waiting is concerned: `plan` makes the plan of a run. */
export type Work = 'plan' | TaskKind;

/** Whether the tasks of a pipeline may start, and who said so last. */
export interface Pause {
  readonly v: 1;
  readonly paused: boolean;
  /** Person and machine. */
  readonly by: string;
  readonly changedAt: string;
  readonly reason: string | null;
}

/** What the stored tables of one unfinished run take, those it took over from other runs not counted. */
export interface HeldByRun {
  readonly run: string;
  readonly sizeBytes: number;
  /** Whether its pipeline is paused. */
  readonly paused: boolean;
}

export interface WaitFacts {
  readonly pipeline: string;
  /** Null when nobody has ever paused the pipeline. */
  readonly pause: Pause | null;
  /** All unfinished runs that were requested before this one. */
  readonly older: readonly HeldByRun[];
  /** Null where the bucket has no bound. */
  readonly freeBytes: number | null;
}

/** 0 means that there is no such limit. */
export interface WaitLimits {
  readonly outstandingBytes: number;
  readonly minFreeBytes: number;
}

/** Why a job may not start yet. Reasons are stable: the CLI prints them with `--json`. */
export type Wait =
  | { readonly reason: 'pipeline_paused'; readonly pipeline: string; readonly pause: Pause }
  | { readonly reason: 'disk_space'; readonly freeBytes: number; readonly leastBytes: number }
  | {
      readonly reason: 'outstanding_bytes';
      readonly outstandingBytes: number;
      readonly limitBytes: number;
      /** The run that must end first. */
      readonly oldest: string;
    };

/**
 * Whether a job must wait, and why: the first reason that holds.
 *
 * Only reading waits for space. Models and loads bring the runs that hold it to their end, after which `prune` gives it back; if
 * they waited too, a full disk would stay full. The free space that reading leaves alone is theirs.
 */
export function mustWait(work: Work, facts: WaitFacts, limits: WaitLimits): Wait | null {
  const { pipeline, pause, freeBytes } = facts;
  if (pause?.paused === true) return { reason: 'pipeline_paused', pipeline, pause };
  if (work !== 'plan' && work !== 'extract') return null;
  if (freeBytes !== null && freeBytes < limits.minFreeBytes)
    return { reason: 'disk_space', freeBytes, leastBytes: limits.minFreeBytes };
  return waitForOlder(facts.older, limits.outstandingBytes);
}

/**
 * Only older runs are counted, so the oldest never waits, whatever its size: its models need all of it, and if it
 * waited for itself, nothing would ever end. Runs of paused pipelines are not counted: they grow no further, and
 * pausing one pipeline must not stop the others.
 */
function waitForOlder(older: readonly HeldByRun[], limitBytes: number): Wait | null {
  const moving = older.filter(({ paused }) => !paused);
  const outstandingBytes = moving.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const oldest = moving.map(({ run }) => run).sort()[0];
  if (limitBytes === 0 || oldest === undefined || outstandingBytes < limitBytes) return null;
  return { reason: 'outstanding_bytes', outstandingBytes, limitBytes, oldest };
}

/** The sentence for people: what it waits for, the figures, and what ends the waiting. */
export function describeWait(wait: Wait): string {
  switch (wait.reason) {
    case 'pipeline_paused': {
      const { by, changedAt, reason } = wait.pause;
      const why = reason === null ? '' : ` (${reason})`;
      return `pipeline '${wait.pipeline}' is paused since ${changedAt} by ${by}${why}; \`millrace unpause ${wait.pipeline}\` lets it go on`;
    }
    case 'disk_space':
      return `the disk of the bucket has ${mebibytes(wait.freeBytes)} free, and reading needs ${mebibytes(wait.leastBytes)} (MILLRACE_MIN_FREE_MB); free some space`;
    case 'outstanding_bytes':
      return `older runs hold ${mebibytes(wait.outstandingBytes)} that is not published yet, and reading waits from ${mebibytes(wait.limitBytes)} on (MILLRACE_OUTSTANDING_MB); first of them is ${wait.oldest}`;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0)} MiB`;
}
