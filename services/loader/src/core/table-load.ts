import type { BatchReference, ColumnSchema, TableOutput } from '@millrace/shared/core/batch';
import { fail } from '@millrace/shared/core/errors';
import type { Manifest } from '@millrace/shared/core/manifest';
import type { Disposition } from '@millrace/shared/core/pipeline';
import type { Plan, PlannedModel } from '@millrace/shared/core/plan';

/** One table to publish: a model's rows and how they meet what the destination has. */
export interface TableLoad {
  readonly table: string;
  /** The model's file, for messages. */
  readonly file: string;
  readonly disposition: Disposition;
  readonly columns: readonly ColumnSchema[];
  /** Rows that the manifests promise. */
  readonly rows: number;
  readonly batches: readonly BatchReference[];
}

/** A table whose batches have been verified and lie on this machine's disk. */
export interface StoredTable extends Omit<TableLoad, 'batches'> {
  readonly paths: readonly string[];
}

/** The models to publish with what their tasks made. Throws `conservation_broken` when a manifest disagrees with itself. */
export function tablesToLoad(plan: Plan, manifests: readonly Manifest[]): TableLoad[] {
  const outputs = new Map(
    manifests.flatMap((manifest) => manifest.outputs.map((output) => [output.table, output])),
  );
  return plan.models.flatMap((model) =>
    model.load === null ? [] : [tableLoad(model, model.load, outputs.get(model.name))],
  );
}

function tableLoad(
  model: PlannedModel,
  disposition: Disposition,
  output: TableOutput | undefined,
): TableLoad {
  if (output === undefined) {
    throw fail('conservation_broken', {
      message: `No manifest names rows of model '${model.name}', which is to be loaded.`,
      where: model.file,
      hint: 'This is a defect of millrace: please report it. Nothing was published.',
    });
  }
  const stored = output.batches.reduce((rows, batch) => rows + batch.rows, 0);
  if (stored !== output.rows) throw rowsDiffer(model.name, output.rows, stored, 'in its batches');
  const { columns, rows, batches } = output;
  return { table: model.name, file: model.file, disposition, columns, rows, batches };
}

/** The error of a table of which one end of a hop counted other rows than the other. */
export function rowsDiffer(table: string, promised: number, found: number | null, where: string): Error {
  return fail('conservation_broken', {
    message: `Model '${table}' made ${promised} rows, but there are ${found ?? 'none that can be read'} ${where}.`,
    where: table,
    hint: 'This is a defect of millrace: please report it. Nothing was published.',
  });
}

/** Throws unless the stored rows have the columns that the manifest says. */
export function checkStoredColumns(
  table: Pick<StoredTable, 'table'>,
  promised: readonly ColumnSchema[],
  stored: readonly ColumnSchema[],
): void {
  const differing = promised.findIndex(
    ({ name, type }, index) => stored[index]?.name !== name || stored[index]?.type !== type,
  );
  if (differing < 0 && stored.length === promised.length) return;
  const text = (column: ColumnSchema | undefined) =>
    column === undefined ? 'nothing' : `${column.name} ${column.type}`;
  const at = differing < 0 ? promised.length : differing;
  throw fail('batch_corrupt', {
    message: `The batches of '${table.table}' have other columns than their manifest says: ${text(stored[at])} instead of ${text(promised[at])}.`,
    where: table.table,
    hint: 'This is a defect of millrace: please report it. Nothing was published.',
  });
}
