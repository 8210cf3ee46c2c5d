import { fail } from '@millrace/shared/core/errors';
import type { Column, Source, TableDeclaration } from '@millrace/shared/core/pipeline';
import type { StagedTable } from '@millrace/shared/core/plan';

/**
 * A table as it is planned, with the columns that are declared, or else those that were found in the data. Throws
 * `schema_mismatch` when there are none, because no such table can be made.
 */
export function stageTable(source: Source, table: TableDeclaration, columns: readonly Column[]): StagedTable {
  const { name, key, each, query, relation, contract } = table;
  if (columns.length === 0) {
    throw fail('schema_mismatch', {
      message: `Table '${name}': no columns could be found in the data of source '${source.name}'.`,
      hint: 'Declare them under `columns:`.',
    });
  }
  const inferred = table.columns === null;
  const staged = { name, source: source.name, key, each, columns, inferred, query, relation };
  return contract === undefined ? staged : { ...staged, contract };
}
