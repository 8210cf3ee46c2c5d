import type { Contract } from '@millrace/shared/core/contract';
import type { PlannedDrift } from '@millrace/shared/core/drift';
import type { Column } from '@millrace/shared/core/pipeline';
import type { StagedTable } from '@millrace/shared/core/plan';

import type { FoundDrift } from './find-drift.ts';

/** Whether a table's columns depend on its data although they are declared. */
export function evolves({ contract }: { readonly contract?: Contract | undefined }): boolean {
  return contract?.newColumns === 'evolve' || contract?.changedTypes === 'evolve';
}

/** A table with the columns that its contract lets it take from what was found. */
export function evolveTable(table: StagedTable, found: readonly FoundDrift[]): StagedTable {
  if (!evolves(table)) return table;
  const own = found.filter(
    ({ drift }) => drift.table === table.name && drift.mode === 'evolve' && drift.rows > 0,
  );
  const of = (kind: PlannedDrift['kind']) => own.filter(({ drift }) => drift.kind === kind);
  const changed = new Map(of('changed_type').map(({ drift, column }) => [drift.column, column]));
  const added = of('new_column').flatMap(({ column }): Column[] => (column === null ? [] : [column]));
  return {
    ...table,
    columns: [...table.columns.map((column) => changed.get(column.name) ?? column), ...added],
  };
}
