import type { Plan } from '@millrace/shared/core/plan';
import { formatDisposition } from '@millrace/shared/core/run-record';

import type { Graph, GraphNode, NodeKind } from '../api/graph.ts';

export function nodeId(kind: NodeKind, name: string): string {
  return `${kind}:${name}`;
}

/** Sources → staged tables → models → destinations, as a plan has fixed them. */
export function planGraph(plan: Plan): Graph {
  const checksOf = (table: string) =>
    plan.checks.filter((check) => check.table === table).map(({ id }) => id);
  const node = (kind: NodeKind, name: string, detail: string): GraphNode => ({
    id: nodeId(kind, name),
    kind,
    name,
    detail,
    checks: kind === 'table' || kind === 'model' ? checksOf(name) : [],
  });
  const staged = new Set(plan.tables.map(({ name }) => name));
  const loaded = plan.models.filter(({ load }) => load !== null);
  return {
    nodes: [
      ...plan.sources.map(({ name, type }) => {
        const files = plan.inputs.filter(({ source }) => source === name).length;
        return node('source', name, `${type}, ${files} ${files === 1 ? 'file' : 'files'}`);
      }),
      ...plan.tables.map(({ name, columns }) => node('table', name, `${columns.length} columns`)),
      ...plan.models.map(({ name, load }) =>
        node('model', name, load === null ? 'read by models' : formatDisposition(load)),
      ),
      ...plan.destinations.map(({ type, path }, index) => ({
        ...node('destination', String(index), `${type}, ${path}`),
        name: path.split('/').at(-1) ?? path,
      })),
    ],
    edges: [
      ...plan.tables.map(({ source, name }) => ({
        from: nodeId('source', source),
        to: nodeId('table', name),
      })),
      ...plan.models.flatMap(({ name, dependsOn }) =>
        dependsOn.map((read) => ({
          from: nodeId(staged.has(read) ? 'table' : 'model', read),
          to: nodeId('model', name),
        })),
      ),
      ...plan.destinations.flatMap((_, index) =>
        loaded.map(({ name }) => ({
          from: nodeId('model', name),
          to: nodeId('destination', String(index)),
        })),
      ),
    ],
  };
}

export const NO_GRAPH: Graph = { nodes: [], edges: [] };
