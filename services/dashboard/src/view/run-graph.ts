import type { Pipeline } from '@millrace/shared/core/pipeline';
import type { Plan } from '@millrace/shared/core/plan';
import { formatDisposition } from '@millrace/shared/core/run-record';

import type { Graph, GraphNode, NodeKind } from '../api/graph.ts';

export function nodeId(kind: NodeKind, name: string): string {
  return `${kind}:${name}`;
}

/** Models that know what they read, and all else as a plan or a pipeline has it. */
interface GraphParts {
  readonly sources: readonly { readonly name: string; readonly detail: string }[];
  readonly tables: readonly { readonly name: string; readonly source: string; readonly detail: string }[];
  readonly models: Plan['models'];
  readonly destinations: Plan['destinations'];
  /** Table and id of each check. */
  readonly checks: readonly { readonly table: string | null; readonly id: string }[];
}

/** Sources → staged tables → models → destinations, as a plan has fixed them. */
export function planGraph(plan: Plan): Graph {
  const sources = plan.sources.map(({ name, type }) => {
    const files = plan.inputs.filter(({ source }) => source === name).length;
    return { name, detail: `${type}, ${files} ${files === 1 ? 'file' : 'files'}` };
  });
  const tables = plan.tables.map(({ name, source, columns }) => ({
    name,
    source,
    detail: columnCount(columns.length),
  }));
  const { models, destinations, checks } = plan;
  return graphOf({ sources, tables, models, destinations, checks });
}

/** The same of a pipeline that has not been planned yet: what its inputs are is not known. */
export function declaredGraph(pipeline: Pipeline, models: Plan['models']): Graph {
  const { destinations, checks } = pipeline;
  return graphOf({
    sources: pipeline.sources.map(({ name, type }) => ({ name, detail: type })),
    tables: pipeline.sources.flatMap(({ name: source, tables }) =>
      tables.map(({ name, columns }) => ({
        name,
        source,
        detail: columns === null ? 'columns as found' : columnCount(columns.length),
      })),
    ),
    models,
    destinations,
    checks,
  });
}

function graphOf({ sources, tables, models, destinations, checks }: GraphParts): Graph {
  const checksOf = (table: string) => checks.filter((check) => check.table === table).map(({ id }) => id);
  const node = (kind: NodeKind, name: string, detail: string): GraphNode => ({
    id: nodeId(kind, name),
    kind,
    name,
    detail,
    checks: kind === 'table' || kind === 'model' ? checksOf(name) : [],
  });
  const staged = new Set(tables.map(({ name }) => name));
  const loaded = models.filter(({ load }) => load !== null);
  return {
    nodes: [
      ...sources.map(({ name, detail }) => node('source', name, detail)),
      ...tables.map(({ name, detail }) => node('table', name, detail)),
      ...models.map(({ name, load }) =>
        node('model', name, load === null ? 'read by models' : formatDisposition(load)),
      ),
      ...destinations.map(({ type, path }, index) => ({
        ...node('destination', String(index), `${type}, ${path}`),
        name: path.split('/').at(-1) ?? path,
      })),
    ],
    edges: [
      ...tables.map(({ source, name }) => ({ from: nodeId('source', source), to: nodeId('table', name) })),
      ...models.flatMap(({ name, dependsOn }) =>
        dependsOn.map((read) => ({
          from: nodeId(staged.has(read) ? 'table' : 'model', read),
          to: nodeId('model', name),
        })),
      ),
      ...destinations.flatMap((_, index) =>
        loaded.map(({ name }) => ({
          from: nodeId('model', name),
          to: nodeId('destination', String(index)),
        })),
      ),
    ],
  };
}

function columnCount(columns: number): string {
  return `${columns} ${columns === 1 ? 'column' : 'columns'}`;
}

export const NO_GRAPH: Graph = { nodes: [], edges: [] };
