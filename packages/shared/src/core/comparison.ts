/** What became of comparing a number of a table with what is allowed. `unknown`: it could not be evaluated. */
export interface Comparison {
  readonly verdict: 'good' | 'bad' | 'no_baseline' | 'unknown';
  /** What was found and what is allowed, to stand in a sentence. */
  readonly message: string;
}
