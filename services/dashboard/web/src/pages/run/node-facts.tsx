import type { GraphNode } from '../../../../src/api/graph.ts';
import type { NodeLive } from '../../../../src/api/run.ts';
import { ChecksInBrief } from '../../components/checks-in-brief.tsx';
import { Status } from '../../components/status.tsx';
import { formatCount } from '../../format/number.ts';
import { pathTo } from '../../router.ts';

/** What is known of the node that was chosen in the graph. */
export function NodeFacts({
  node,
  live,
  run,
}: {
  readonly node: GraphNode;
  readonly live: NodeLive | null;
  readonly run: string;
}) {
  return (
    <div class="node-facts" role="status">
      <strong>
        <bdi>{node.name}</bdi>
      </strong>
      <span class="tag">{node.kind}</span>
      {live !== null && (
        <>
          <Status status={live.state} plain />
          {live.rows !== null && <span class="tabular">{formatCount(live.rows)} rows</span>}
          {live.rejected > 0 && (
            <a class="tone-warn tabular" href={`${pathTo('runs', run)}?tab=rejects`}>
              {formatCount(live.rejected)} rejected
            </a>
          )}
          {live.tasks_total > 0 && (
            <span class="muted tabular">
              {formatCount(live.tasks_done)}/{formatCount(live.tasks_total)} tasks
            </span>
          )}
          {live.checks !== null && live.checks.total > 0 && (
            <a href={`${pathTo('runs', run)}?tab=checks`}>
              <ChecksInBrief counts={live.checks} /> checks
            </a>
          )}
        </>
      )}
      <span class="muted">
        <bdi>{node.detail}</bdi>
      </span>
    </div>
  );
}
