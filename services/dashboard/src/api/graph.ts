/** Sources → staged tables → models → destinations. Edges lead from what is read to what reads it. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

export type NodeKind = 'source' | 'table' | 'model' | 'destination';

export interface GraphNode {
  /** `<kind>:<name>`, unique in the graph. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly name: string;
  /** One line: type and path of a source or destination, how a model is loaded. */
  readonly detail: string;
  /** Ids of its checks; their results are counted in NodeLive. */
  readonly checks: readonly string[];
}

/** `warned` and `failed` where a check says so or the run has failed at it; `cancelled` is what a cancelled run left undone. */
export type NodeState = 'waiting' | 'running' | 'done' | 'warned' | 'failed' | 'cancelled';
