import type { Service } from '../support/test-stack.ts';

/** How far a run has come, as its folder in the bucket shows. */
export type Milestone = 'requested' | 'planned' | 'reading' | 'staged' | 'modeling' | 'loading';
/** When a fault strikes: so long after a run has come so far. Not a time of the clock: machines differ. */
export interface Moment {
  readonly run: number;
  readonly on: Milestone;
  readonly afterMs: number;
}

type Deed =
  /**
   * SIGKILL of all workers of a service, and again so often when they have come back: faults in the recovery. Aimed at
   * one task, the next comes when that task was taken over, and not already when any was.
   */
  | { readonly kind: 'kill'; readonly service: Service; readonly times: number; readonly aimed?: true }
  | { readonly kind: 'terminate'; readonly service: Service }
  /**
   * SIGSTOP of all workers of a service, while another is started in their place; for longer than their locks, or
   * (null) until the run has ended without them.
   */
  | { readonly kind: 'freeze'; readonly service: Service; readonly forMs: number | null }
  /** Short stops in a row, each shorter than the lock: what a full event loop looks like from outside. */
  | { readonly kind: 'stutter'; readonly service: Service; readonly times: number; readonly eachMs: number }
  /** Workers of a service have a wrong clock, from the start on; all others have a right one. */
  | { readonly kind: 'clock'; readonly service: Service; readonly skewMs: number }
  | { readonly kind: 'redis_kill'; readonly downMs: number }
  | { readonly kind: 'redis_cut'; readonly downMs: number; readonly bytes: number }
  | { readonly kind: 'redis_pause'; readonly forMs: number }
  | { readonly kind: 'redis_flush' }
  /** `millrace cancel`: nothing of the run is published, or all was before. */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'source_change'; readonly how: 'rewrite' | 'replace' }
  | { readonly kind: 'damage'; readonly how: 'flip' | 'truncate' | 'delete'; readonly pick: number };

export type Fault = Deed & { readonly at: Moment };
export type FaultKind = Fault['kind'];

export const FAULT_KINDS: readonly FaultKind[] = [
  'kill',
  'freeze',
  'redis_kill',
  'redis_flush',
  'source_change',
  'terminate',
  'redis_cut',
  'damage',
  'stutter',
  'redis_pause',
  'clock',
  'cancel',
];
