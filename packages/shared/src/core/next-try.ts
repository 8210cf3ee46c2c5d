import type { MillraceError } from './errors.ts';

export interface TriesSoFar {
  /** Which try of how many this was, from 1, without those that an outage cost. */
  readonly attempt: number;
  readonly attempts: number;
  /** How many tries an outage had cost before this one, and how many it may cost. */
  readonly outages: number;
  readonly outageAttempts: number;
}

/** `wait_out` costs no attempt; `outages` is the number of tries that outages have cost now. */
export type NextTry =
  { readonly kind: 'none' | 'retry' } | { readonly kind: 'wait_out'; readonly outages: number };

/**
 * What follows a try that failed. A disk that is full for ten minutes must not spend in seconds the few attempts that
 * are meant for a task's own errors, and yet not keep a run open for ever: so outages have a budget of their own.
 */
export function nextTry(error: Pick<MillraceError, 'retry' | 'isTerminal'>, tries: TriesSoFar): NextTry {
  if (error.isTerminal) return { kind: 'none' };
  if (error.retry !== 'later') return { kind: tries.attempt < tries.attempts ? 'retry' : 'none' };
  const outages = tries.outages + 1;
  return outages < tries.outageAttempts ? { kind: 'wait_out', outages } : { kind: 'none' };
}
