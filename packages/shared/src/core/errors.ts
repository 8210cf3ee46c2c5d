import type { MetDrift } from './drift.ts';
import type { RejectReport } from './reject-report.ts';

/**
 * The one place where errors are born. A code is stable API: it is printed, documented in docs/errors.md and
 * may be matched by scripts; a retired code is never reused.
 *
 * `retry` says whether doing the same thing again can help. Workers decide by it, so a wrong `never` ends a run that
 * would have healed (bad), while a wrong `may_help` only wastes a few attempts (less bad). When in doubt: `may_help`.
 * - `later`: something that the run needs is away or full. It is waited for, much longer than other errors are tried.
 * - `may_help`: a few more attempts.
 * - `after_change`: none, before a person has changed something; then `millrace retry` continues the run.
 * - `never`: what the run was requested with, or has read, decides it. Only a new run can do better.
 */
type Retry = 'never' | 'after_change' | 'may_help' | 'later';

/** Exit codes of the CLI, one per class of cause. */
export const EXIT = {
  ok: 0,
  data: 1,
  configuration: 2,
  infrastructure: 3,
  resource: 4,
  cancelled: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface ErrorKind {
  readonly retry: Retry;
  readonly exitCode: ExitCode;
  /** What it means, for docs/errors.md. */
  readonly meaning: string;
}

const never = (exitCode: ExitCode, meaning: string): ErrorKind => ({ retry: 'never', exitCode, meaning });
const afterChange = (exitCode: ExitCode, meaning: string): ErrorKind => ({
  retry: 'after_change',
  exitCode,
  meaning,
});
const later = (exitCode: ExitCode, meaning: string): ErrorKind => ({ retry: 'later', exitCode, meaning });
const mayHelp = (exitCode: ExitCode, meaning: string): ErrorKind => ({
  retry: 'may_help',
  exitCode,
  meaning,
});

/** Keys in alphabetical order. */
export const ERROR_KINDS = {
  batch_corrupt: afterChange(
    EXIT.infrastructure,
    'A stored object is not what its manifest says: size or sha256 differ.',
  ),
  batch_missing: afterChange(
    EXIT.infrastructure,
    'A stored object named by a manifest is not in the bucket.',
  ),
  bucket_unavailable: later(EXIT.infrastructure, 'The bucket could not be read or written.'),
  cancel_impossible: never(
    EXIT.configuration,
    'A run cannot be cancelled: it has ended, or it is being published.',
  ),
  check_failed: never(
    EXIT.data,
    'Rows of a table do not pass a check of severity error, so nothing was published.',
  ),
  config_invalid: afterChange(
    EXIT.configuration,
    'A setting of a process (environment or flag) is not usable.',
  ),
  conservation_broken: never(EXIT.data, 'Rows or records were counted differently at two ends of a hop.'),
  contract_broken: never(
    EXIT.data,
    'The data is not as the columns of a table are declared, and its contract is `freeze`.',
  ),
  contract_differs: never(
    EXIT.data,
    'The data is not as the columns of a pipeline are declared, as `millrace contract diff` says.',
  ),
  data_pruned: never(EXIT.configuration, 'What was asked for was removed, as retention says.'),
  decimal_too_wide: never(EXIT.data, 'A decimal has more digits than the destination keeps exactly.'),
  destination_conflict: afterChange(
    EXIT.configuration,
    'The destination holds what millrace must not change: a table of another pipeline or shape, no database.',
  ),
  destination_unavailable: later(EXIT.infrastructure, 'The destination is busy, full or failing now.'),
  destination_unusable: afterChange(
    EXIT.infrastructure,
    'The destination cannot be written before a person has changed something: a folder, a right, a damaged file.',
  ),
  file_format: never(EXIT.data, 'A file is not of the format its source declares.'),
  file_unreadable: never(
    EXIT.data,
    'A file cannot be trusted as a whole: truncated, bad checksum, broken structure.',
  ),
  input_empty: never(EXIT.data, 'An input has no content although its format demands some.'),
  input_not_found: afterChange(EXIT.configuration, 'A source names files of which none exists.'),
  internal: mayHelp(EXIT.infrastructure, 'An error that millrace did not foresee; please report it.'),
  ledger_too_new: later(
    EXIT.infrastructure,
    'The destination was written by a newer millrace than this process.',
  ),
  mended_invalid: never(EXIT.data, 'A file of mended records does not fit the rejects of the run.'),
  merge_key_invalid: never(
    EXIT.data,
    'A model that is merged has rows without a key, or several rows of one key.',
  ),
  message_invalid: afterChange(
    EXIT.infrastructure,
    'A job in a queue does not have the form of any known message.',
  ),
  message_too_new: mayHelp(
    EXIT.infrastructure,
    'A job or file was written by a newer version than this process knows.',
  ),
  model_failed: never(EXIT.data, 'The SQL of a model failed while running.'),
  model_invalid: never(
    EXIT.configuration,
    'The SQL of a model cannot be used: syntax, unknown table, cycle, not a SELECT.',
  ),
  model_process_ended: mayHelp(
    EXIT.infrastructure,
    'The process that ran a model ended before the model did: a crash, or ended from outside.',
  ),
  not_regular_file: never(
    EXIT.configuration,
    'An input is a named pipe, socket or device instead of a file.',
  ),
  out_of_memory: afterChange(EXIT.resource, 'A model needs more memory or spill space than it may use.'),
  path_outside_root: never(
    EXIT.configuration,
    'A link met in a folder or glob leads to a file outside of the folder that its source names.',
  ),
  pipeline_invalid: never(EXIT.configuration, 'A pipeline folder or file is not valid.'),
  pipeline_not_found: never(EXIT.configuration, 'No pipeline of that name or folder exists.'),
  poison_task: afterChange(EXIT.infrastructure, 'A task ended its worker several times without finishing.'),
  query_failed: never(EXIT.configuration, 'A query on the destination failed.'),
  ratio_exceeded: never(
    EXIT.resource,
    'A compressed file unpacks to many times its size, as bombs do: see `file_limits`.',
  ),
  record_corrupt: afterChange(
    EXIT.infrastructure,
    'A plan, a manifest or another file that millrace wrote is not as it was written, or not in its place.',
  ),
  redis_not_found: never(EXIT.infrastructure, 'No Redis could be found or provided.'),
  redis_unavailable: later(EXIT.infrastructure, 'Redis did not answer.'),
  redis_unfit: afterChange(EXIT.infrastructure, 'Redis answers, but its settings could lose jobs.'),
  reject_limit: never(EXIT.data, 'More records were rejected than the pipeline allows.'),
  replay_conflict: never(
    EXIT.infrastructure,
    'The destination has a replay of the same run that this one did not know of.',
  ),
  replay_impossible: never(EXIT.configuration, 'The rejects of a run cannot be replayed as things are.'),
  replay_running: never(EXIT.configuration, 'An earlier replay of the same run has not ended.'),
  retry_impossible: never(
    EXIT.configuration,
    'A run cannot be retried: it has not failed, or it would fail again in the same way.',
  ),
  run_cancelled: never(EXIT.cancelled, 'The run was cancelled before it was published.'),
  run_not_ended: never(EXIT.configuration, 'The command needs a run that has ended, and this one goes on.'),
  run_not_found: never(EXIT.configuration, 'No run of that id exists in the bucket.'),
  schema_mismatch: never(EXIT.configuration, 'Declared columns and the source do not fit together.'),
  service_failed: never(EXIT.infrastructure, 'A service of the stack ended again and again.'),
  size_exceeded: never(EXIT.resource, 'A file has more content than its source allows: see `file_limits`.'),
  source_changed: mayHelp(EXIT.data, 'An input changed between planning and reading.'),
  source_unavailable: mayHelp(EXIT.infrastructure, 'An input could not be opened or read.'),
  spill_unavailable: later(EXIT.infrastructure, 'The folder that models spill to is full or failing now.'),
  stack_not_running: never(EXIT.infrastructure, 'No worker can be reached, and none was asked to start.'),
  stack_running: never(EXIT.infrastructure, 'A stack of this folder runs already.'),
  task_failed: never(EXIT.infrastructure, 'A task of a run failed.'),
  task_timeout: mayHelp(EXIT.resource, 'A task ran longer than a task may.'),
  test_failed: never(EXIT.data, 'Unit tests of models failed.'),
  unsupported_encoding: never(
    EXIT.data,
    'A text file is not in the encoding that its source declares, which is UTF-8 by default.',
  ),
  usage: never(EXIT.configuration, 'A command was called with arguments it does not take.'),
  value_not_storable: never(EXIT.data, 'A model made a value that the destination cannot keep as it is.'),
  watermark_moved: never(
    EXIT.infrastructure,
    'Another run that reads by the same cursor was published after this one was planned; run again.',
  ),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** What a person needs to act: `where` is a file, line, offset, table or object; `hint` is the next step. */
export interface ErrorDetail {
  readonly message: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
  /** Of `reject_limit`: counts and examples. */
  readonly rejects?: RejectReport | undefined;
  /** Of `contract_broken`: all that planning saw, for a run that has no plan to keep it, or what one record has. */
  readonly drift?: readonly MetDrift[] | undefined;
  readonly cause?: unknown;
}

/** Plain form of an error, as it is kept in the bucket and passed between threads. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where: string | null;
  readonly hint: string | null;
  readonly rejects?: RejectReport | undefined;
  readonly drift?: readonly MetDrift[] | undefined;
}

export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly rejects: RejectReport | undefined;
  readonly drift: readonly MetDrift[] | undefined;

  constructor(code: ErrorCode, detail: ErrorDetail) {
    super(detail.message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.where = detail.where;
    this.hint = detail.hint;
    this.rejects = detail.rejects;
    this.drift = detail.drift;
  }

  get retry(): Retry {
    return ERROR_KINDS[this.code].retry;
  }

  /** Whether no further try can help, as things are. */
  get isTerminal(): boolean {
    return this.retry === 'never' || this.retry === 'after_change';
  }

  get exitCode(): ExitCode {
    return ERROR_KINDS[this.code].exitCode;
  }
}

/** Makes the error to throw: `throw fail('input_not_found', { message, where, hint })`. */
export function fail(code: ErrorCode, detail: ErrorDetail): MillraceError {
  return new MillraceError(code, detail);
}

/** Recognises millrace errors by shape, because an error may come from another copy of this module or a thread. */
export function isMillraceError(error: unknown): error is MillraceError {
  return error instanceof Error && error.name === 'MillraceError' && 'code' in error;
}

/** Any thrown value as a MillraceError; what nobody foresaw becomes `internal` and keeps its cause. */
export function asMillraceError(error: unknown): MillraceError {
  if (isMillraceError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return fail('internal', {
    message,
    hint: 'This is a defect of millrace: please report it with the log of the worker.',
    cause: error,
  });
}

export function toErrorRecord(error: unknown): ErrorRecord {
  const known = asMillraceError(error);
  const { code, message, where, hint, rejects, drift } = known;
  const record = { code, message, where: where ?? null, hint: hint ?? null };
  return {
    ...record,
    ...(rejects === undefined ? {} : { rejects }),
    ...(drift === undefined ? {} : { drift }),
  };
}

export function fromErrorRecord(record: ErrorRecord): MillraceError {
  return fail(record.code, {
    message: record.message,
    where: record.where ?? undefined,
    hint: record.hint ?? undefined,
    rejects: record.rejects,
    drift: record.drift,
  });
}
