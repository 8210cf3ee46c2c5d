import type { RunDecision } from './decision.ts';
import type { ErrorCode } from './errors.ts';
import type { Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';
import type { RunFailure, RunRequest } from './run.ts';
import { STAGE_OF, type Task } from './task.ts';

/**
 * Work of a run with its beginning and end, as tracing shows it. `docs/tracing.md` says what stands in the attributes:
 * names, counts and codes; never values, messages, paths or settings, which may hold secrets.
 */
export interface RunSpan {
  readonly run: string;
  /** Of the round that it is part of, or that it is. */
  readonly round: number;
  /** A whole round; all other spans are within one. */
  readonly isRound: boolean;
  /** The same for many spans, so that they can be grouped by it. */
  readonly name: string;
  /** ISO UTC; so is `endedAt`. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Null when it went well. */
  readonly error: ErrorCode | null;
}

/** One try at a job. */
export interface JobTry {
  readonly run: string;
  readonly round: number;
  /** `plan` and `record`, of a run that was not published, have no task. */
  readonly what: 'plan' | 'task' | 'record';
  readonly attempt: string;
  readonly worker: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** What became of its job, as in `millrace_task_attempts_total`. */
  readonly outcome: string;
  readonly error: ErrorCode | null;
}

/** @param plan null when there is none: then the try was at making it */
export function trySpan(plan: Plan | null, { run, round, ...tried }: JobTry): RunSpan {
  const { startedAt, endedAt, error } = tried;
  const counts = tried.what === 'plan' && plan !== null ? { 'millrace.tasks': plan.tasks.length } : {};
  const attributes = {
    ...head(run, round, plan?.pipeline),
    'millrace.stage': tried.what === 'plan' ? 'extract' : 'load',
    ...attemptOf(tried),
    ...counts,
  };
  return { run, round, isRound: false, name: tried.what, startedAt, endedAt, attributes, error };
}

/** @param manifest of the task, whoever committed it; null when nobody has */
export function taskSpan(plan: Plan, task: Task, manifest: Manifest | null, tried: JobTry): RunSpan {
  const { run, round, startedAt, endedAt, error } = tried;
  const isOwn = manifest?.attempt === tried.attempt;
  // Another attempt has committed the task: what this one did is not part of the run.
  const outcome = tried.outcome === 'done' && !isOwn && error === null ? 'not_needed' : tried.outcome;
  const attributes = {
    ...head(run, round, plan.pipeline),
    'millrace.stage': STAGE_OF[task.kind],
    'millrace.task': task.id,
    ...attemptOf({ ...tried, outcome }),
    ...(isOwn ? countsOf(manifest) : {}),
  };
  return { run, round, isRound: false, name: nameOf(task), startedAt, endedAt, attributes, error };
}

export interface EndedRound {
  readonly request: RunRequest;
  readonly plan: Plan | null;
  readonly round: number;
  /** When a person asked for this round; null for the first. */
  readonly retriedAt: string | null;
  readonly failure: RunFailure | null;
  readonly decision: RunDecision | null;
  /** Of the loads that are done. */
  readonly loads: readonly Manifest[];
}

/** Null for a run that goes on. */
export function roundSpan(ended: EndedRound): RunSpan | null {
  const { request, plan, round, retriedAt, failure } = ended;
  const end = endOf(ended);
  if (end === null) return null;
  const rows = ended.loads.flatMap(({ loaded }) => Object.values(loaded?.tables ?? {}));
  const error = end.status === 'failed' ? (failure?.error.code ?? null) : null;
  return {
    run: request.run,
    round,
    isRound: true,
    name: `${round === 1 ? 'run' : 'retry'} ${request.pipeline}`,
    startedAt: retriedAt ?? request.requestedAt,
    endedAt: end.at,
    attributes: {
      ...head(request.run, round, request.pipeline),
      'millrace.status': end.status,
      'millrace.trigger': request.trigger,
      ...(plan === null ? {} : { 'millrace.tasks': plan.tasks.length }),
      ...(end.status === 'published' ? { 'millrace.rows': sum(rows) } : {}),
      ...(error === null ? {} : { 'error.type': error }),
    },
    error,
  };
}

function endOf({ plan, loads, failure, decision }: EndedRound): { status: string; at: string } | null {
  const open = plan?.tasks.filter(
    ({ kind, id }) => kind === 'load' && !loads.some(({ task }) => task === id),
  );
  const last = loads
    .map(({ finishedAt }) => finishedAt)
    .sort()
    .at(-1);
  if (open?.length === 0 && last !== undefined) return { status: 'published', at: last };
  if (decision?.decision === 'cancel') return { status: 'cancelled', at: decision.decidedAt };
  return failure === null ? null : { status: 'failed', at: failure.failedAt };
}

function head(run: string, round: number, pipeline: string | undefined) {
  const named = pipeline === undefined ? {} : { 'millrace.pipeline': pipeline };
  return { 'millrace.run': run, ...named, 'millrace.round': round };
}

function attemptOf({ attempt, worker, outcome, error }: Omit<JobTry, 'run' | 'round'>) {
  const failed = error === null ? {} : { 'error.type': error };
  return { 'millrace.attempt': attempt, 'millrace.worker': worker, 'millrace.outcome': outcome, ...failed };
}

function nameOf(task: Task): string {
  switch (task.kind) {
    case 'extract':
      return `extract ${task.source}`;
    case 'model':
      return `model ${task.model}`;
    case 'check':
      return `check ${task.table}`;
    case 'load':
      return 'publish';
  }
}

function countsOf({ outputs, loaded, extracted }: Manifest): Record<string, number> {
  const batches = outputs.flatMap((output) => output.batches);
  const counts = {
    'millrace.rows': sum(outputs.map(({ rows }) => rows)) + sum(Object.values(loaded?.tables ?? {})),
    'millrace.bytes': sum(batches.map(({ bytes }) => bytes)),
    'millrace.batches': batches.length,
  };
  if (extracted === null) return counts;
  return {
    ...counts,
    'millrace.records': sum(extracted.files.map(({ seen }) => seen)),
    'millrace.rejects': extracted.rejects.records,
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
