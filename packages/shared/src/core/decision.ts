/**
 * Whether a run is published or cancelled. It is decided once, by whoever comes first: a load directly before it
 * publishes, or a person. Whoever comes second obeys, so a cancelled run publishes nothing at any interleaving.
 */
export interface RunDecision {
  readonly v: 1;
  readonly run: string;
  readonly decision: 'publish' | 'cancel';
  /** The worker, or the command with its machine. */
  readonly by: string;
  readonly decidedAt: string;
}
