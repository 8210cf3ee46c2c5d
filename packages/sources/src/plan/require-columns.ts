import { fail } from '@millrace/shared/core/errors';
import type { Column, Source, TableDeclaration } from '@millrace/shared/core/pipeline';

/** The columns of a table. Throws `schema_mismatch` when there are none, because no such table can be made. */
export function requireColumns(
  columns: readonly Column[],
  source: Pick<Source, 'name'>,
  table: Pick<TableDeclaration, 'name'>,
): readonly Column[] {
  if (columns.length > 0) return columns;
  throw fail('schema_mismatch', {
    message: `Table '${table.name}': no columns could be found in the data of source '${source.name}'.`,
    hint: 'Declare them under `columns:`.',
  });
}
