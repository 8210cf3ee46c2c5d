import { isMillraceError } from '../core/errors.ts';
import type { RunDecision } from '../core/decision.ts';
import type { RunFailure } from '../core/run.ts';

/**
 * Whether a run has ended without being published, whatever its plan and manifests say. Then it can be told of, recorded
 * and pruned though some of them are damaged; before, and of a run that may be published, damage counts.
 */
export function endedUnpublished(failure: RunFailure | null, decision: RunDecision | null): boolean {
  return decision === null ? failure !== null : decision.decision === 'cancel';
}

/** @returns null also for a file that is damaged */
export async function unlessDamaged<T>(read: Promise<T | null>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (isMillraceError(error) && error.code === 'record_corrupt') return null;
    throw error;
  }
}
