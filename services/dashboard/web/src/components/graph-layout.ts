import { graphlib, layout } from '@dagrejs/dagre';

import type { Graph } from '../../../src/api/graph.ts';

export const NODE_WIDTH = 204;
export const NODE_HEIGHT = 56;

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  /** Left upper corners, by node id. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly edges: readonly { readonly from: string; readonly to: string; readonly path: string }[];
}

/** What dagre is told to begin at, so that all sources stand in one column. It is not drawn. */
const ROOT = ' root';

/** Sources at the left, destinations at the right. */
export function placeGraph(graph: Graph): PlacedGraph {
  const sheet = new graphlib.Graph();
  sheet.setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 44, marginx: 4, marginy: 4 });
  sheet.setNode(ROOT, { width: 0, height: 0 });
  for (const { id, kind } of graph.nodes) {
    sheet.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
    if (kind === 'source') sheet.setEdge(ROOT, id, { weight: 8 });
  }
  // Tables stand beside their sources, and what is long then are the edges to models.
  for (const { from, to } of graph.edges) {
    sheet.setEdge(from, to, { weight: from.startsWith('source:') ? 4 : 1 });
  }
  layout(sheet);
  const corners = graph.nodes.map(({ id }) => {
    const { x = 0, y = 0 } = sheet.node(id) as Partial<Point>;
    return [id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }] as const;
  });
  const left = corners.reduce((least, [, { x }]) => Math.min(least, x), Infinity);
  const top = corners.reduce((least, [, { y }]) => Math.min(least, y), Infinity);
  const places = new Map(corners.map(([id, { x, y }]) => [id, { x: x - left, y: y - top }]));
  const all = [...places.values()];
  return {
    width: Math.max(0, ...all.map(({ x }) => x)) + NODE_WIDTH,
    height: Math.max(0, ...all.map(({ y }) => y)) + NODE_HEIGHT,
    places,
    edges: graph.edges.map(({ from, to }) => {
      const { points = [] } = sheet.edge(from, to) as { points?: Point[] };
      const bends = points.slice(1, -1).map(({ x, y }) => ({ x: x - left, y: y - top }));
      return { from, to, path: curve(places.get(from), bends, places.get(to)) };
    }),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** From the middle of one's right side to the middle of the other's left side, level at every bend. */
function curve(from: Point | undefined, bends: readonly Point[], to: Point | undefined): string {
  if (from === undefined || to === undefined) return '';
  const start = { x: from.x + NODE_WIDTH, y: from.y + NODE_HEIGHT / 2 };
  const end = { x: to.x, y: to.y + NODE_HEIGHT / 2 };
  const inside = bends.filter(({ x }) => x > start.x && x < end.x);
  // One bend between neighbours only makes the line wavy.
  const points = [start, ...(end.x - start.x > NODE_WIDTH ? inside : []), end];
  return points.reduce((path, point, index) => {
    const before = points[index - 1];
    if (before === undefined) return `M${round(point.x)} ${round(point.y)}`;
    const middle = round((before.x + point.x) / 2);
    return `${path}C${middle} ${round(before.y)} ${middle} ${round(point.y)} ${round(point.x)} ${round(point.y)}`;
  }, '');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
