import type { BatchReference, ColumnSchema } from './batch.ts';
import { duckdbType } from './column-type.ts';
import type { Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';

/** A staged table or a model of a run, as far as its tasks are done. */
export interface RunTable {
  readonly name: string;
  readonly kind: 'staged' | 'model';
  /** Empty for a model that has not been made. */
  readonly columns: readonly ColumnSchema[];
  /** In the order of the tasks of the plan. */
  readonly batches: readonly BatchReference[];
  readonly rows: number;
  /** Ids of the tasks that make it, and of those that are not done. */
  readonly tasks: readonly string[];
  readonly open: readonly string[];
}

export function runTables(plan: Plan, manifests: ReadonlyMap<string, Manifest>): RunTable[] {
  const tableOf = (name: string, kind: RunTable['kind'], declared: readonly ColumnSchema[]): RunTable => {
    const tasks = plan.tasks
      .filter((task) =>
        task.kind === 'extract' ? task.tables.includes(name) : task.kind === 'model' && task.model === name,
      )
      .map(({ id }) => id);
    const outputs = tasks.flatMap((id) =>
      (manifests.get(id)?.outputs ?? []).filter(({ table }) => table === name),
    );
    return {
      name,
      kind,
      columns: declared.length > 0 ? declared : (outputs[0]?.columns ?? []),
      batches: outputs.flatMap(({ batches }) => batches),
      rows: outputs.reduce((rows, output) => rows + output.rows, 0),
      tasks,
      open: tasks.filter((id) => !manifests.has(id)),
    };
  };
  return [
    ...plan.tables.map(({ name, columns }) =>
      tableOf(
        name,
        'staged',
        columns.map((column) => ({ name: column.name, type: duckdbType(column.type) })),
      ),
    ),
    ...plan.models.map(({ name }) => tableOf(name, 'model', [])),
  ];
}
