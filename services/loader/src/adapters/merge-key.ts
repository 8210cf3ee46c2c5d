import { readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import type { StoredTable } from '../core/table-load.ts';

/**
 * Throws `merge_key_invalid` unless each row has a key and no two rows have the same one. Of two rows with one key
 * the later would win by chance of order, and a row without a key would come again with every run.
 */
export async function checkMergeKey(
  engine: Engine,
  table: StoredTable,
  key: readonly string[],
): Promise<void> {
  const names = table.columns.map((column) => column.name);
  const missing = key.find((name) => !names.some((column) => column.toLowerCase() === name.toLowerCase()));
  if (missing !== undefined) {
    throw invalid(
      table,
      `Model '${table.table}' is merged on '${missing}', which is not among its columns (${names.join(', ')}).${didYouMean(missing, names)}`,
      'Name columns of the model under `load: { merge: [...] }`.',
    );
  }
  if (table.paths.length === 0) return;
  const columns = key.map(quoteIdentifier);
  const rows = readParquetSql(table.paths);
  const [nulls] = await engine.rows(
    `SELECT CAST(count(*) AS VARCHAR) AS rows FROM ${rows} WHERE ${columns.map((column) => `${column} IS NULL`).join(' OR ')}`,
  );
  const keyless = nulls?.['rows'] as string;
  if (keyless !== '0') {
    throw invalid(
      table,
      `Model '${table.table}' is merged on (${key.join(', ')}), which is null in ${keyless} of its rows.`,
      'Leave such rows out in the model (WHERE … IS NOT NULL), or give them a key with coalesce.',
    );
  }
  const texts = columns.map((column, index) => `CAST(${column} AS VARCHAR) AS key_${index}`);
  const [twice] = await engine.rows(
    `SELECT CAST(count(*) AS VARCHAR) AS rows, ${texts.join(', ')} FROM ${rows} GROUP BY ${columns.join(', ')} HAVING count(*) > 1 LIMIT 1`,
  );
  if (twice === undefined) return;
  const value = key.map((name, index) => `${name} = ${twice[`key_${index}`] as string}`).join(', ');
  throw invalid(
    table,
    `Model '${table.table}' is merged on (${key.join(', ')}) and has ${twice['rows'] as string} rows with ${value}.`,
    'Make one row of them in the model (GROUP BY, or QUALIFY row_number() OVER (PARTITION BY … ORDER BY …) = 1), or add a column to the key.',
  );
}

function invalid(table: StoredTable, message: string, hint: string): Error {
  return fail('merge_key_invalid', { message, where: table.file, hint });
}
