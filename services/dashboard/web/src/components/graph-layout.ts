import { graphlib, layout } from '@dagrejs/dagre';

import type { Graph } from '../../../src/api/graph.ts';

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 56;

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  /** Left upper corners, by node id. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly edges: readonly { readonly from: string; readonly to: string; readonly path: string }[];
}

/** Sources at the left, destinations at the right. */
export function placeGraph(graph: Graph): PlacedGraph {
  const sheet = new graphlib.Graph();
  sheet.setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 56, marginx: 4, marginy: 4 });
  sheet.setDefaultEdgeLabel(() => ({}));
  for (const { id } of graph.nodes) sheet.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of graph.edges) sheet.setEdge(from, to);
  layout(sheet);
  const { width = 0, height = 0 } = sheet.graph() as { width?: number; height?: number };
  const places = new Map(
    graph.nodes.map(({ id }) => {
      const { x = 0, y = 0 } = sheet.node(id) as { x?: number; y?: number };
      return [id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
  const edges = graph.edges.map(({ from, to }) => {
    const { points = [] } = sheet.edge(from, to) as { points?: { x: number; y: number }[] };
    return { from, to, path: curve(points) };
  });
  return { width, height, places, edges };
}

/** A smooth line through the middles of the pieces that dagre gives. */
function curve(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (first === undefined || last === undefined) return '';
  const round = (value: number) => Math.round(value * 10) / 10;
  let path = `M${round(first.x)} ${round(first.y)}`;
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1] ?? last;
    const isLast = index === rest.length - 1;
    const end = isLast ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += `Q${round(point.x)} ${round(point.y)} ${round(end.x)} ${round(end.y)}`;
  }
  return rest.length === 0 ? `${path}L${round(last.x)} ${round(last.y)}` : path;
}
