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
