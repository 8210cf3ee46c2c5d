import { describe, expect, it } from 'vitest';

import type { Graph, GraphNode } from '../../../src/api/graph.ts';
import { NODE_HEIGHT, NODE_WIDTH, placeGraph } from './graph-layout.ts';

const node = (id: string): GraphNode => {
  const [kind = '', name = ''] = id.split(':');
  return { id, kind: kind as GraphNode['kind'], name, detail: '', checks: [] };
};

const graph: Graph = {
  nodes: [
    'source:a',
    'source:late',
    'table:a',
    'table:late',
    'model:one',
    'model:two',
    'destination:out',
  ].map(node),
  edges: [
    { from: 'source:a', to: 'table:a' },
    { from: 'source:late', to: 'table:late' },
    { from: 'table:a', to: 'model:one' },
    { from: 'model:one', to: 'model:two' },
    { from: 'table:late', to: 'model:two' },
    { from: 'model:two', to: 'destination:out' },
  ],
};

describe('the layout of a graph', () => {
  const { places, width, height, edges } = placeGraph(graph);
  const x = (id: string) => places.get(id)?.x ?? NaN;

  it('has all sources in the first column, and what reads right of what it reads', () => {
    expect([x('source:a'), x('source:late')]).toEqual([0, 0]);
    for (const { from, to } of graph.edges) expect(x(to)).toBeGreaterThan(x(from) + NODE_WIDTH);
  });

  it('lets no two nodes overlap and none stand outside', () => {
    const corners = [...places.values()];
    for (const [index, a] of corners.entries()) {
      expect(a.x >= 0 && a.y >= 0 && a.x + NODE_WIDTH <= width && a.y + NODE_HEIGHT <= height).toBe(true);
      for (const b of corners.slice(index + 1)) {
        expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true);
      }
    }
  });

  it('draws each edge from side to side', () => {
    for (const { from, path } of edges) {
      const start = places.get(from);
      expect(path.startsWith(`M${(start?.x ?? 0) + NODE_WIDTH} ${(start?.y ?? 0) + NODE_HEIGHT / 2}C`)).toBe(
        true,
      );
    }
  });
});
