import { ERROR_KINDS, type ErrorCode } from './errors.ts';

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
export function failsAgain(code: ErrorCode, planned: boolean): boolean {
  return planned ? ERROR_KINDS[code].retry === 'never' : KEPT_FROM_THE_REQUEST.includes(code);
}
