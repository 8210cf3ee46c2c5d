import { readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { readSchema } from '@millrace/shared/adapters/parquet-reader';
import { fail } from '@millrace/shared/core/errors';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import type { OrderedTable } from './contracts/model-order.ts';
import { checkColumns } from './core/model-inputs.ts';

/**
 * Makes a table of the engine's that shows exactly these files, and proves that they hold the rows that the
 * manifests promised. Without files it is an empty table of the same columns.
 * @returns the rows that the engine counted in them
 */
export async function showTable(engine: Engine, run: string, table: OrderedTable): Promise<number> {
  const name = quoteIdentifier(table.name);
  const columns = table.columns.map((column) => ({ ...column, sql: quoteIdentifier(column.name) }));
  if (table.paths.length === 0) {
    await engine.run(`CREATE TABLE ${name} (${columns.map(({ sql, type }) => `${sql} ${type}`).join(', ')})`);
  } else {
    checkColumns(run, table.name, table.columns, await readSchema(engine, table.paths));
    const select = columns.map(({ sql }) => sql).join(', ');
    await engine.run(`CREATE VIEW ${name} AS SELECT ${select} FROM ${readParquetSql(table.paths)}`);
  }
  const [count] = await engine.rows(`SELECT count(*) AS rows FROM ${name}`);
  const found = Number(count?.['rows']);
  if (found === table.rows) return found;
  throw fail('conservation_broken', {
    message: `Table '${table.name}' has ${table.rows} rows by its manifests, but ${found} in its objects.`,
    where: `run ${run}`,
    hint: 'This is a defect of millrace: please report it. Nothing was published.',
  });
}
