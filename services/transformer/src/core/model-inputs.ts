import type { BatchReference, ColumnSchema } from '@millrace/shared/core/batch';
import { duckdbType } from '@millrace/shared/core/column-type';
import { fail } from '@millrace/shared/core/errors';
import type { Manifest } from '@millrace/shared/core/manifest';
import type { Plan } from '@millrace/shared/core/plan';

/** A table that a model or a check reads: all of its batches, whichever tasks made them. */
export interface InputTable {
  readonly name: string;
  readonly columns: readonly ColumnSchema[];
  readonly batches: readonly BatchReference[];
  readonly rows: number;
}

/**
 * These tables, put together from the manifests in the order of the plan's tasks, so that a model sees
 * the same rows in the same order however its inputs were made. Throws `conservation_broken` if a task that makes
 * such a table is missing: to go on would lose its rows.
 */
export function inputTables(
  plan: Plan,
  names: readonly string[],
  manifests: ReadonlyMap<string, Manifest>,
): InputTable[] {
  return names.map((name) => inputTable(plan, name, manifests));
}

function inputTable(plan: Plan, name: string, manifests: ReadonlyMap<string, Manifest>): InputTable {
  const makers = plan.tasks.filter((task) =>
    task.kind === 'extract' ? task.tables.includes(name) : task.kind === 'model' && task.model === name,
  );
  const outputs = makers.map((task) => {
    const output = manifests.get(task.id)?.outputs.find(({ table }) => table === name);
    if (output === undefined) {
      throw fail('conservation_broken', {
        message: `The manifest of task '${task.id}' says nothing of table '${name}', which the task makes.`,
        where: `run ${plan.run}`,
        hint: 'This is a defect of millrace: please report it. Nothing was published.',
      });
    }
    return output;
  });
  const columns = stagedColumns(plan, name) ?? outputs[0]?.columns ?? [];
  for (const output of outputs) checkColumns(plan.run, name, columns, output.columns);
  return {
    name,
    columns,
    batches: outputs.flatMap((output) => output.batches),
    rows: outputs.reduce((sum, output) => sum + output.rows, 0),
  };
}

function stagedColumns(plan: Plan, name: string): ColumnSchema[] | null {
  const table = plan.tables.find((candidate) => candidate.name === name);
  return table === undefined
    ? null
    : table.columns.map((column) => ({ name: column.name, type: duckdbType(column.type) }));
}

/** DuckDB would cast one file's column to another's type, and 2.7 would become 3 without a word. */
export function checkColumns(
  run: string,
  table: string,
  expected: readonly ColumnSchema[],
  found: readonly ColumnSchema[],
): void {
  const [wanted, given] = [expected, found].map((columns) =>
    columns.map(({ name, type }) => `${name} ${type}`).join(', '),
  );
  if (wanted === given) return;
  throw fail('schema_mismatch', {
    message: `Table '${table}' was stored with other columns than planned: ${given}, not ${wanted}.`,
    where: `run ${run}`,
    hint: 'This is a defect of millrace: please report it. Nothing was published.',
  });
}
