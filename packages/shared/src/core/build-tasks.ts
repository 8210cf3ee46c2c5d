import type { Destination } from './pipeline.ts';
import type { PlannedModel } from './plan.ts';
import type { ExtractTask, LoadTask, ModelTask, ReadScope, Task } from './task.ts';

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
 * The tasks of a plan: extract tasks → model tasks → one load task per destination. A model waits for what it
 * reads; a load waits for everything, because a run publishes all of its tables or none.
 */
export function buildTasks(
  partitions: readonly Partition[],
  models: readonly PlannedModel[],
  destinations: readonly Destination[],
): Task[] {
  const extracts = buildExtractTasks(partitions);
  const modelTasks = models.map((model): ModelTask => {
    const reads = new Set(model.dependsOn);
    return {
      kind: 'model',
      id: modelTaskId(model.name),
      model: model.name,
      dependsOn: [
        ...extracts.filter((task) => task.tables.some((table) => reads.has(table))).map((task) => task.id),
        ...models.filter((other) => reads.has(other.name)).map((other) => modelTaskId(other.name)),
      ],
    };
  });
  const before = [...extracts, ...modelTasks].map((task) => task.id);
  const loads = destinations.map((_, index): LoadTask => ({
    kind: 'load',
    id: `load-${index + 1}`,
    destination: index,
    dependsOn: before,
  }));
  return [...extracts, ...modelTasks, ...loads];
}

function modelTaskId(model: string): string {
  return `model-${model}`;
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
