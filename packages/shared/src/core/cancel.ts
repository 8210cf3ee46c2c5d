import type { RunDecision } from './decision.ts';
import { fail, type MillraceError } from './errors.ts';
import type { RunStatus } from './status.ts';

/** What ends the work on a cancelled run. */
export function runCancelled({ run, by, decidedAt }: RunDecision): MillraceError {
  return fail('run_cancelled', {
    message: `Run ${run} was cancelled at ${decidedAt} by ${by}. Nothing of it was published.`,
    hint: 'Run the pipeline again with `millrace run` when it is wanted after all.',
  });
}

/**
 * Throws `cancel_impossible` for a run that has ended without being cancelled, or that a load has decided to publish.
 * The last may still fail, but it can no longer be known from outside whether its destination has it already.
 */
export function requireCancellable(run: string, status: RunStatus, decision: RunDecision | null): void {
  if (status === 'cancelled') return;
  if (status === 'published') {
    throw refusal(run, 'is published', 'Its rows stand in the destination: `millrace tables` lists them.');
  }
  if (status === 'failed') {
    throw refusal(
      run,
      'has failed, and nobody works on it',
      `\`millrace status ${run}\` says why; without \`millrace retry\` it stays so.`,
    );
  }
  if (decision?.decision === 'publish') {
    throw refusal(
      run,
      `is being published, since ${decision.decidedAt} by ${decision.by}`,
      `See how it ends: \`millrace watch ${run}\`.`,
    );
  }
}

function refusal(run: string, why: string, hint: string): MillraceError {
  return fail('cancel_impossible', {
    message: `Run ${run} ${why}: it cannot be cancelled.`,
    where: `run ${run}`,
    hint,
  });
}
