/** A job as a worker gets it; `data` is not checked yet. */
export interface ReceivedJob {
  readonly id: string;
  readonly data: unknown;
  /** Which try of how many this is, from 1. Tries that ended with their worker are not counted. */
  readonly attempt: number;
  readonly attempts: number;
  /** How many tries were put aside because something was away; see `outages` of `JobOutcome`. */
  readonly outages: number;
  /** How many workers took the job and fell silent: they ended, or lost their lock. */
  readonly stalls: number;
  /** When it was added to the queue, in milliseconds: a queue that was emptied begins to count stalls anew. */
  readonly addedAtMs: number;
}

/** What the queue is told after a job was worked on. */
export type JobOutcome =
  | { readonly kind: 'done' }
  /** Try again after the queue's backoff, as long as attempts remain. */
  | { readonly kind: 'retry'; readonly error: Error }
  /** No retry can help. */
  | { readonly kind: 'fail'; readonly error: Error }
  /** Give the job to another worker at once; costs no attempt. */
  | { readonly kind: 'hand_back' }
  /** Put the job aside for a while; costs no attempt. `outages` is kept with the job until it ends. */
  | { readonly kind: 'delay'; readonly delayMs: number; readonly outages?: number };

export interface JobConsumer {
  /**
   * Takes no more jobs and resolves when the current one has ended and the queue knows. Does not wait for a queue
   * that is away: the job then starts again elsewhere, once its lock has lapsed.
   */
  close(): Promise<void>;
}
