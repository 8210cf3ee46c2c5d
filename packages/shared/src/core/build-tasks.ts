import type { PlannedCheck } from './check.ts';
import type { Destination } from './pipeline.ts';
import type { PlannedModel } from './plan.ts';
import type { CheckTask, ExtractTask, LoadTask, ModelTask, ReadScope, Task } from './task.ts';

/** One independent read of a source, before it has an id. */
export interface Partition {
  readonly source: string;
  /** Staged tables that it fills. */
  readonly tables: readonly string[];
  /** Set where each table of the source is read on its own (SQLite); part of the task's id. */
  readonly table: string | null;
  readonly read: ReadScope;
}

/**
 * The tasks of a plan: extract tasks → model and check tasks → one load task per destination. A model waits for what
 * it reads, and for the checks of it that may fail the run; a load waits for everything, because a run publishes all of
 * its tables or none. Each table that is made has a check task, without checks too: it is measured there.
 */
export function buildTasks(
  partitions: readonly Partition[],
  models: readonly PlannedModel[],
  checks: readonly PlannedCheck[],
  destinations: readonly Destination[],
): Task[] {
  const extracts = buildExtractTasks(partitions);
  const makers = { extracts, models };
  const between = inOrder(
    gateModels([...buildCheckTasks(makers, checks), ...buildModelTasks(makers)], models, checks),
  );
  const before = [...extracts, ...between].map((task) => task.id);
  return [...extracts, ...between, ...buildLoadTasks(destinations, before)];
}

/** @param before ids of the tasks that all of them depend on */
export function buildLoadTasks(destinations: readonly Destination[], before: readonly string[]): LoadTask[] {
  return destinations.map((_, index) => ({
    kind: 'load',
    id: `load-${index + 1}`,
    destination: index,
    dependsOn: before,
  }));
}

interface Makers {
  readonly extracts: readonly ExtractTask[];
  readonly models: readonly PlannedModel[];
}

/** Ids of the tasks that make these tables. */
function makersOf({ extracts, models }: Makers, tables: ReadonlySet<string>): string[] {
  return [
    ...extracts.filter((task) => task.tables.some((table) => tables.has(table))).map((task) => task.id),
    ...models.filter(({ name }) => tables.has(name)).map(({ name }) => modelTaskId(name)),
  ];
}

function buildModelTasks(makers: Makers): ModelTask[] {
  return makers.models.map(({ name, dependsOn }) => ({
    kind: 'model',
    id: modelTaskId(name),
    model: name,
    dependsOn: makersOf(makers, new Set(dependsOn)),
  }));
}

function buildCheckTasks(makers: Makers, checks: readonly PlannedCheck[]): CheckTask[] {
  const { extracts, models } = makers;
  const tables = new Set([...extracts.flatMap((task) => task.tables), ...models.map(({ name }) => name)]);
  return [...tables].map((table) => ({
    kind: 'check',
    id: checkTaskId(table),
    table,
    dependsOn: makersOf(makers, new Set(tablesRead(checks, table))),
  }));
}

/**
 * Lets models wait for the checks of what they read that may fail the run. A check that compares with what is computed
 * from the model comes after it; the load waits for it all the same.
 */
function gateModels(
  tasks: readonly (CheckTask | ModelTask)[],
  models: readonly PlannedModel[],
  checks: readonly PlannedCheck[],
): (CheckTask | ModelTask)[] {
  const gated = new Map(tasks.map((task) => [task.id, task]));
  const waitsFor = (id: string, other: string, seen = new Set<string>()): boolean => {
    if (id === other) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return gated.get(id)?.dependsOn.some((before) => waitsFor(before, other, seen)) ?? false;
  };
  const strict = new Set(checks.flatMap(({ table, severity }) => (severity === 'error' ? [table] : [])));
  for (const { name, dependsOn } of models) {
    for (const table of dependsOn.filter((read) => strict.has(read))) {
      const [model, check] = [gated.get(modelTaskId(name)), checkTaskId(table)];
      if (model === undefined || waitsFor(check, model.id)) continue;
      gated.set(model.id, { ...model, dependsOn: [...model.dependsOn, check] });
    }
  }
  return [...gated.values()];
}

/** The tables that the check task of a table reads: itself first. */
export function tablesRead(checks: readonly PlannedCheck[], table: string): string[] {
  return [
    ...new Set([table, ...checks.filter((check) => check.table === table).flatMap(({ reads }) => reads)]),
  ];
}

/** Each after those it depends on; otherwise as given. */
function inOrder<T extends Task>(tasks: readonly T[]): T[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const ordered = new Set<T>();
  const visit = (task: T): void => {
    if (ordered.has(task)) return;
    for (const id of task.dependsOn) {
      const dependency = byId.get(id);
      if (dependency !== undefined) visit(dependency);
    }
    ordered.add(task);
  };
  tasks.forEach(visit);
  return [...ordered];
}

function modelTaskId(model: string): string {
  return `model-${model}`;
}

function checkTaskId(table: string): string {
  return `check-${table}`;
}

/** Names have no `-`, so that the parts of an id cannot run into each other. */
function buildExtractTasks(partitions: readonly Partition[]): ExtractTask[] {
  const counts = new Map<string, number>();
  return partitions.map((partition) => {
    const stem = ['extract', partition.source, ...(partition.table === null ? [] : [partition.table])].join(
      '-',
    );
    const number = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, number);
    return {
      kind: 'extract',
      id: `${stem}-${String(number).padStart(5, '0')}`,
      source: partition.source,
      tables: partition.tables,
      read: partition.read,
      fingerprint: null,
      reuse: null,
      dependsOn: [],
    };
  });
}
