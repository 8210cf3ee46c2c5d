import type { ColumnSchema, TableOutput } from './batch.ts';
import type { Checked } from './check.ts';
import { duckdbType } from './column-type.ts';
import type { ErrorRecord } from './errors.ts';
import type { Manifest } from './manifest.ts';
import type { Destination } from './pipeline.ts';
import type { Plan } from './plan.ts';
import { runTables } from './run-tables.ts';
import type { Task } from './task.ts';

/** Events as OpenLineage 2-0-2 has them; `docs/events.md` says which are sent, and all that stands in them. */
export interface LineageEvent {
  readonly eventType: LineageEventType;
  /** ISO UTC. */
  readonly eventTime: string;
  readonly producer: string;
  readonly schemaURL: string;
  readonly run: { readonly runId: string; readonly facets: Facets };
  readonly job: { readonly namespace: string; readonly name: string; readonly facets: Facets };
  readonly inputs: readonly Dataset[];
  readonly outputs: readonly Dataset[];
}

export type LineageEventType = 'START' | 'COMPLETE' | 'FAIL' | 'ABORT';
type Facets = Readonly<Record<string, object>>;

interface Dataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets: Facets;
  readonly inputFacets?: Facets;
  readonly outputFacets?: Facets;
}

/** What tells one event from another, and when it happened. */
export interface LineageMoment {
  readonly type: LineageEventType;
  /** ISO UTC. */
  readonly at: string;
  /** A retry is another run to OpenLineage, because one that has failed cannot complete. */
  readonly round: number;
  /** Why it failed. */
  readonly error: ErrorRecord | null;
  /** Gives the same UUID for the same text. */
  readonly uuid: (text: string) => string;
}

const NAMESPACE = 'millrace';
const SPEC = 'https://openlineage.io/spec';

/** Of a run as a whole: from its sources to the tables of its destinations. */
export function runEvent(
  plan: Plan,
  manifests: ReadonlyMap<string, Manifest>,
  moment: LineageMoment,
): LineageEvent {
  const isDone = moment.type === 'COMPLETE';
  return {
    ...base(plan, moment),
    run: { runId: runUuid(plan, moment), facets: { ...ownFacet(plan, moment), ...errorFacet(plan, moment) } },
    job: { namespace: NAMESPACE, name: plan.pipeline, facets: jobType(plan, 'PIPELINE') },
    inputs: plan.sources.map(({ name }) => sourceDataset(plan, name)),
    outputs: isDone
      ? plan.destinations.flatMap((destination, index) => published(plan, manifests, destination, index))
      : [],
  };
}

/** Of a model or a check task: the tables it reads, and what it made or found. */
export function taskEvent(
  plan: Plan,
  task: Extract<Task, { kind: 'model' | 'check' }>,
  manifests: ReadonlyMap<string, Manifest>,
  moment: LineageMoment,
): LineageEvent {
  const manifest = manifests.get(task.id) ?? null;
  const model = task.kind === 'model' ? plan.models.find(({ name }) => name === task.model) : undefined;
  const reads = task.kind === 'model' ? (model?.dependsOn ?? []) : [task.table];
  const tables = runTables(plan, manifests).filter(({ name }) => reads.includes(name));
  const sql =
    model === undefined ? {} : { sql: { ...facet(plan, 'SQLJobFacet', '1-1-0'), query: model.sql } };
  const parent = {
    parent: {
      ...facet(plan, 'ParentRunFacet', '1-0-1'),
      run: { runId: runUuid(plan, moment) },
      job: { namespace: NAMESPACE, name: plan.pipeline },
    },
  };
  return {
    ...base(plan, moment),
    run: {
      runId: moment.uuid(`${plan.run}/${moment.round}/${task.id}`),
      facets: { ...ownFacet(plan, moment), ...parent, ...errorFacet(plan, moment) },
    },
    job: {
      namespace: NAMESPACE,
      name: `${plan.pipeline}.${task.id}`,
      facets: { ...jobType(plan, task.kind === 'model' ? 'MODEL' : 'CHECK'), ...sql },
    },
    inputs: tables.map(({ name, columns, rows }) => ({
      ...ownDataset(plan, name, columns),
      inputFacets: {
        inputStatistics: { ...facet(plan, 'InputStatisticsInputDatasetFacet', '1-0-0'), rowCount: rows },
        ...(manifest?.checked === null || manifest === null ? {} : assertions(plan, manifest.checked)),
      },
    })),
    outputs: (manifest?.outputs ?? []).map((output) => ({
      ...ownDataset(plan, output.table, output.columns),
      outputFacets: statistics(plan, output.rows, sizeOf(output)),
    })),
  };
}

function base(plan: Plan, { type, at }: LineageMoment) {
  return {
    eventType: type,
    eventTime: at,
    producer: producer(plan),
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
  };
}

function producer({ codeVersion }: Plan): string {
  return `urn:millrace:${codeVersion}`;
}

function runUuid({ run }: Plan, { uuid, round }: LineageMoment): string {
  return uuid(`${run}/${round}`);
}

function facet(plan: Plan, name: string, version: string) {
  return { _producer: producer(plan), _schemaURL: `${SPEC}/facets/${version}/${name}.json#/$defs/${name}` };
}

/** A facet of our own: how millrace calls the run. */
function ownFacet(plan: Plan, { round }: LineageMoment): Facets {
  const schema = { _producer: producer(plan), _schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunFacet` };
  return { millrace: { ...schema, run: plan.run, round } };
}

function errorFacet(plan: Plan, { error }: LineageMoment): Facets {
  if (error === null) return {};
  const message = `${error.code}: ${titleOf(error)}`;
  return {
    errorMessage: { ...facet(plan, 'ErrorMessageRunFacet', '1-0-1'), message, programmingLanguage: 'SQL' },
  };
}

/** The first line of an error's message: bad rows and examples, which follow it, are not for others. */
export function titleOf({ message }: Pick<ErrorRecord, 'message'>): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '.');
}

function jobType(plan: Plan, type: string): Facets {
  const values = { processingType: 'BATCH', integration: 'MILLRACE', jobType: type };
  return { jobType: { ...facet(plan, 'JobTypeJobFacet', '2-0-3'), ...values } };
}

/** A source of many files is one dataset: the folder that they share. */
function sourceDataset(plan: Plan, source: string): Dataset {
  const paths = plan.inputs.filter((input) => input.source === source).map((input) => input.path);
  const [first = source] = paths;
  const name = paths.length < 2 ? first : sharedFolder(paths);
  return { namespace: 'file', name, facets: {} };
}

function sharedFolder(paths: readonly string[]): string {
  const shared = paths
    .map((path) => path.split('/').slice(0, -1))
    .reduce((one, other) => {
      const end = one.findIndex((part, index) => part !== other[index]);
      return end === -1 ? one : one.slice(0, end);
    });
  return shared.join('/') || '/';
}

function ownDataset(plan: Plan, table: string, columns: readonly ColumnSchema[]): Dataset {
  const schema = { ...facet(plan, 'SchemaDatasetFacet', '1-1-1'), fields: columns };
  return { namespace: NAMESPACE, name: `${plan.pipeline}.${table}`, facets: { schema } };
}

function published(
  plan: Plan,
  manifests: ReadonlyMap<string, Manifest>,
  destination: Destination,
  index: number,
): Dataset[] {
  const loads = [...manifests.values()].flatMap(({ loaded }) => loaded ?? []);
  const rows = loads.find((loaded) => loaded.destination === index)?.tables ?? {};
  const outputs = new Map(
    [...manifests.values()].flatMap((manifest) => manifest.outputs.map((output) => [output.table, output])),
  );
  const columnsOf = (table: string) => outputs.get(table)?.columns ?? stagedColumns(plan, table);
  return Object.entries(rows).map(([table, count]) => {
    const named = ownDataset(plan, table, columnsOf(table));
    const place =
      destination.type === 'sqlite'
        ? { namespace: `sqlite://${destination.path}`, name: table }
        : { namespace: 'file', name: `${destination.path}/${table}` };
    return { ...named, ...place, outputFacets: statistics(plan, count, null) };
  });
}

function stagedColumns(plan: Plan, table: string): ColumnSchema[] {
  const columns = plan.tables.find(({ name }) => name === table)?.columns ?? [];
  return columns.map(({ name, type }) => ({ name, type: duckdbType(type) }));
}

function statistics(plan: Plan, rowCount: number, size: number | null): Facets {
  const counts = size === null ? { rowCount } : { rowCount, size };
  return { outputStatistics: { ...facet(plan, 'OutputStatisticsOutputDatasetFacet', '1-0-2'), ...counts } };
}

function sizeOf({ batches }: TableOutput): number {
  return batches.reduce((bytes, batch) => bytes + batch.bytes, 0);
}

/** A check without a baseline has not been judged, so nothing is asserted. Bad rows themselves are never sent here. */
function assertions(plan: Plan, { results }: Checked): Facets {
  const rules = new Map(plan.checks.map(({ id, rule }) => [id, rule]));
  const judged = results.filter(({ status }) => status !== 'no_baseline');
  if (judged.length === 0) return {};
  return {
    dataQualityAssertions: {
      ...facet(plan, 'DataQualityAssertionsDatasetFacet', '1-0-1'),
      assertions: judged.map(({ check, kind, status }) => {
        const rule = rules.get(check);
        const column = rule !== undefined && 'column' in rule ? rule.column : null;
        const of = column === null ? {} : { column };
        return { assertion: `${kind}: ${check}`, success: status === 'pass', ...of };
      }),
    },
  };
}
