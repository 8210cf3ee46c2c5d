import { useMemo, useRef } from 'preact/hooks';

import type { Graph, GraphNode, NodeKind } from '../../../src/api/graph.ts';
import type { NodeLive } from '../../../src/api/run.ts';
import { formatCount, formatShort } from '../format/number.ts';
import { NODE_HEIGHT, NODE_WIDTH, placeGraph } from './graph-layout.ts';
import { Icon, type IconName } from './icon.tsx';
import { StatusIcon, toneOf } from './status.tsx';

interface GraphProps {
  readonly graph: Graph;
  /** By node id; without it the graph is that of a pipeline at rest. */
  readonly live: Readonly<Record<string, NodeLive>> | null;
  readonly selected: string | null;
  readonly onSelect: (id: string | null) => void;
}

const ICONS: Record<NodeKind, IconName> = {
  source: 'source',
  table: 'table',
  model: 'model',
  destination: 'destination',
};

/**
 * Sources → staged tables → models → destinations, as buttons. The arrow keys walk along the edges and among
 * neighbours. Where the screen is narrow the same buttons stand one below the other.
 */
export function PipelineGraph({ graph, live, selected, onSelect }: GraphProps) {
  const placed = useMemo(() => placeGraph(graph), [graph]);
  const sheet = useRef<HTMLDivElement>(null);
  const focus = (id: string | undefined) => {
    if (id !== undefined)
      sheet.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`)?.focus();
  };
  const tabStop = selected ?? graph.nodes[0]?.id;
  return (
    <div class="graph" role="group" aria-label="Graph of the pipeline: arrow keys move along it">
      <div
        ref={sheet}
        class="graph-sheet"
        style={{ width: `${placed.width}px`, height: `${placed.height}px` }}
      >
        <svg class="graph-edges" width={placed.width} height={placed.height} aria-hidden="true">
          {placed.edges.map(({ from, to, path }) => (
            <path
              key={`${from} ${to}`}
              d={path}
              class={edgeClass(live?.[from], live?.[to], selected === from || selected === to)}
            />
          ))}
        </svg>
        {graph.nodes.map((node) => {
          const place = placed.places.get(node.id);
          return (
            <NodeButton
              key={node.id}
              node={node}
              live={live?.[node.id] ?? null}
              reads={graph.edges.filter(({ to }) => to === node.id).map(({ from }) => nameOf(graph, from))}
              style={{
                left: `${place?.x ?? 0}px`,
                top: `${place?.y ?? 0}px`,
                width: `${NODE_WIDTH}px`,
                height: `${NODE_HEIGHT}px`,
              }}
              selected={node.id === selected}
              tabIndex={node.id === tabStop ? 0 : -1}
              onSelect={() => onSelect(node.id === selected ? null : node.id)}
              onKeyDown={(event) => {
                const target = neighbour(graph, placed.places, node.id, event.key);
                if (target === null) return;
                event.preventDefault();
                focus(target);
              }}
            />
          );
        })}
      </div>
    </div>
  );
}

interface NodeButtonProps {
  readonly node: GraphNode;
  readonly live: NodeLive | null;
  readonly reads: readonly string[];
  readonly style: Readonly<Record<string, string>>;
  readonly selected: boolean;
  readonly tabIndex: number;
  readonly onSelect: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function NodeButton({ node, live, reads, style, selected, tabIndex, onSelect, onKeyDown }: NodeButtonProps) {
  const fraction = live === null || live.tasks_total === 0 ? null : live.tasks_done / live.tasks_total;
  return (
    <button
      type="button"
      class="node"
      data-node={node.id}
      data-kind={node.kind}
      data-tone={live === null ? 'none' : toneOf(live.state)}
      style={style}
      tabIndex={tabIndex}
      aria-pressed={selected}
      onClick={onSelect}
      onKeyDown={onKeyDown}
    >
      <span class="unseen">{describe(node, live, reads)}</span>
      <span class="node-top" aria-hidden="true">
        <Icon name={ICONS[node.kind]} size={14} class="faint" />
        <bdi class="node-name">{node.name}</bdi>
        {live !== null && <StatusIcon status={live.state} size={14} />}
      </span>
      <span class="node-detail" aria-hidden="true">
        <bdi>{node.detail}</bdi>
        {live?.rows !== null && live?.rows !== undefined && (
          <span class="tabular" title={`${formatCount(live.rows)} rows`}>
            {formatShort(live.rows)}
          </span>
        )}
      </span>
      {live?.state === 'running' && fraction !== null && (
        <span class="node-bar" style={{ width: `${Math.max(4, fraction * 100)}%` }} />
      )}
    </button>
  );
}

function describe(node: GraphNode, live: NodeLive | null, reads: readonly string[]): string {
  const parts = [`${node.kind} ${node.name}`, node.detail];
  if (live !== null) {
    parts.push(live.state);
    if (live.rows !== null) parts.push(`${formatCount(live.rows)} rows`);
    if (live.rejected > 0) parts.push(`${formatCount(live.rejected)} rejected`);
    if (live.checks !== null && live.checks.failed > 0) parts.push(`${live.checks.failed} checks failed`);
  }
  if (reads.length > 0) parts.push(`reads ${reads.join(', ')}`);
  return parts.filter((part) => part !== '').join(', ');
}

function edgeClass(from: NodeLive | undefined, to: NodeLive | undefined, selected: boolean): string {
  if (selected) return 'edge selected';
  if (from === undefined || to === undefined) return 'edge';
  if (to.state === 'running') return 'edge moving';
  return to.state === 'waiting' || to.state === 'cancelled' ? 'edge waiting' : 'edge';
}

function nameOf(graph: Graph, id: string): string {
  return graph.nodes.find((node) => node.id === id)?.name ?? id;
}

/** The node that an arrow key leads to: along an edge, or the nearest above or below in the same column. */
function neighbour(
  graph: Graph,
  places: ReadonlyMap<string, { readonly x: number; readonly y: number }>,
  id: string,
  key: string,
): string | null {
  const here = places.get(id);
  if (here === undefined) return null;
  const closest = (ids: readonly string[]) =>
    ids
      .map((other) => ({ other, distance: Math.abs((places.get(other)?.y ?? 0) - here.y) }))
      .sort((a, b) => a.distance - b.distance)[0]?.other ?? null;
  switch (key) {
    case 'ArrowRight':
      return closest(graph.edges.filter(({ from }) => from === id).map(({ to }) => to));
    case 'ArrowLeft':
      return closest(graph.edges.filter(({ to }) => to === id).map(({ from }) => from));
    case 'ArrowUp':
    case 'ArrowDown': {
      const sign = key === 'ArrowDown' ? 1 : -1;
      return closest(
        [...places]
          .filter(
            ([other, { x, y }]) =>
              other !== id && Math.abs(x - here.x) < NODE_WIDTH && (y - here.y) * sign > 0,
          )
          .map(([other]) => other),
      );
    }
    default:
      return null;
  }
}
