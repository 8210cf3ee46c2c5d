import type { RunDecision } from '@millrace/shared/core/decision';
import type { Manifest } from '@millrace/shared/core/manifest';
import type { Plan } from '@millrace/shared/core/plan';
import type { RunFailure, RunRequest } from '@millrace/shared/core/run';
import type { InputRecord, RunRecord } from '@millrace/shared/core/run-record';

/** What is known of a run before it ends; the rest of a RunRecord comes with its end. */
export type RunFacts = Omit<RunRecord, 'status' | 'endedAt' | 'durationMs' | 'rowsLoaded' | 'error'>;

export function runFacts(
  plan: Plan,
  request: RunRequest,
  inputs: readonly InputRecord[],
  round: number,
): RunFacts {
  return {
    run: plan.run,
    pipeline: plan.pipeline,
    trigger: request.trigger,
    replayOf: request.replay?.root ?? null,
    retries: round - 1,
    requestedAt: request.requestedAt,
    startedAt: plan.plannedAt,
    recordsSeen: sum(inputs.map((input) => input.recordsSeen ?? 0)),
    recordsRejected: sum(inputs.map((input) => input.recordsRejected ?? 0)),
    codeVersion: plan.codeVersion,
    bundle: plan.bundle,
  };
}

/** Of a run that ended before it had a plan: it has begun with its request, and read nothing. */
export function unplannedFacts(request: RunRequest, codeVersion: string, round: number): RunFacts {
  return {
    run: request.run,
    pipeline: request.pipeline,
    trigger: request.trigger,
    replayOf: request.replay?.root ?? null,
    retries: round - 1,
    requestedAt: request.requestedAt,
    startedAt: request.requestedAt,
    recordsSeen: 0,
    recordsRejected: 0,
    codeVersion,
    bundle: request.bundle,
  };
}

/** The plan's inputs with what the extract tasks counted; a file read in several tasks is summed up. */
export function inputRecords(plan: Plan, manifests: readonly Manifest[]): InputRecord[] {
  const counted = manifests.flatMap((manifest) => manifest.extracted?.files ?? []);
  return plan.inputs.map((input, index) => {
    const counts = counted.filter((file) => file.input === index);
    const total = (of: 'seen' | 'accepted' | 'rejected') =>
      counts.length === 0 ? null : sum(counts.map((file) => file[of]));
    return {
      source: input.source,
      path: input.path,
      sizeBytes: input.sizeBytes,
      modifiedAt: new Date(input.modifiedMs).toISOString(),
      sha256: input.sha256,
      recordsSeen: total('seen'),
      recordsAccepted: total('accepted'),
      recordsRejected: total('rejected'),
    };
  });
}

export function publishedRun(facts: RunFacts, publishedAt: string, rowsLoaded: number): RunRecord {
  return { ...facts, status: 'published', ...ending(facts, publishedAt), rowsLoaded, error: null };
}

export function failedRun(facts: RunFacts, failure: RunFailure): RunRecord {
  const error = { code: failure.error.code, message: failure.error.message };
  return { ...facts, status: 'failed', ...ending(facts, failure.failedAt), rowsLoaded: 0, error };
}

export function cancelledRun(facts: RunFacts, decision: RunDecision): RunRecord {
  return { ...facts, status: 'cancelled', ...ending(facts, decision.decidedAt), rowsLoaded: 0, error: null };
}

function ending(facts: RunFacts, endedAt: string): { endedAt: string; durationMs: number } {
  return { endedAt, durationMs: Math.max(0, Date.parse(endedAt) - Date.parse(facts.requestedAt)) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
