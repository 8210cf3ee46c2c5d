import { ERROR_KINDS, fail, type ErrorCode, type MillraceError } from './errors.ts';
import type { RunFailure } from './run.ts';
import type { RunStatus } from './status.ts';

/** A person's wish that a failed run goes on. It starts a round, in which what is done stays done. */
export interface RunRetry {
  readonly v: 1;
  readonly run: string;
  /** The round that it starts: 2 for the first retry. */
  readonly round: number;
  /** Who asked for it: user and host. */
  readonly by: string;
  readonly retriedAt: string;
}

/** Planning reads the sources anew, but the pipeline that it compiles, and what a replay asks for, are kept as they were. */
const KEPT_FROM_THE_REQUEST: readonly ErrorCode[] = [
  'model_invalid',
  'pipeline_invalid',
  'replay_conflict',
  'replay_impossible',
];

/**
 * Whether a retry would only meet the same error again.
 * @param planned whether the run has its plan, which says what to read, with hashes, and what to compute
 */
function failsAgain(code: ErrorCode, planned: boolean): boolean {
  return planned ? ERROR_KINDS[code].retry === 'never' : KEPT_FROM_THE_REQUEST.includes(code);
}

export interface RetriedRun {
  readonly run: string;
  readonly pipeline: string;
  readonly status: RunStatus;
  readonly failure: RunFailure | null;
  readonly planned: boolean;
}

/**
 * @returns the failure after which the run can go on
 * @throws `run_not_ended`, and `retry_impossible` for a run that has not failed or that would fail again in the same
 *   way, unless `force` is set
 */
export function requireRetryable(retried: RetriedRun, force: boolean): RunFailure {
  const { run, pipeline, status, failure, planned } = retried;
  const again = `Request a new run: \`millrace run ${pipeline} --wait\`.`;
  if (status === 'published') throw refusal(run, 'is published: there is nothing to retry', again);
  if (status === 'cancelled') throw refusal(run, 'was cancelled, and its data was removed', again);
  if (status !== 'failed' || failure === null) throw notEnded(run, `goes on: it is ${status}`);
  const { code, message } = failure.error;
  if (failsAgain(code, planned) && !force) {
    throw refusal(
      run,
      `would fail again: ${code}, because it keeps the ${planned ? 'plan' : 'pipeline'} that it has. It failed with: ${message}`,
      `Mend the cause first, then request a new run: \`millrace run ${pipeline} --wait\`. \`--force\` retries this one all the same.`,
    );
  }
  return failure;
}

/** Of several commands that retry a run, one starts the round. */
export function retriedByAnother(run: string): MillraceError {
  return notEnded(run, 'goes on: another command has retried it');
}

export function dataRemoved(run: string, pipeline: string): MillraceError {
  const hint = `Request a new run: \`millrace run ${pipeline} --wait\`.`;
  return refusal(run, 'cannot go on: data that it had stored was removed by `millrace prune`', hint);
}

function notEnded(run: string, what: string): MillraceError {
  return fail('run_not_ended', {
    message: `Run ${run} ${what}.`,
    where: `run ${run}`,
    hint: `Follow it: \`millrace watch ${run}\`. If its jobs were lost with Redis: \`millrace resume ${run}\`.`,
  });
}

function refusal(run: string, why: string, hint: string): MillraceError {
  return fail('retry_impossible', { message: `Run ${run} ${why}.`, where: `run ${run}`, hint });
}
