import { readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { readSchema } from '@millrace/shared/adapters/parquet-reader';
import { fail } from '@millrace/shared/core/errors';
import type { Plan } from '@millrace/shared/core/plan';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import { checkColumns, type InputTable } from './core/model-inputs.ts';

/**
 * Makes a table of the engine's that shows exactly these files, and proves that they hold the rows that the
 * manifests promised. Without files it is an empty table of the same columns.
 * @returns the rows that the engine counted in them
 */
export async function showTable(
  engine: Engine,
  plan: Plan,
  table: InputTable,
  paths: readonly string[],
): Promise<number> {
  const name = quoteIdentifier(table.name);
  const columns = table.columns.map((column) => ({ ...column, sql: quoteIdentifier(column.name) }));
  if (paths.length === 0) {
    await engine.run(`CREATE TABLE ${name} (${columns.map(({ sql, type }) => `${sql} ${type}`).join(', ')})`);
  } else {
    checkColumns(plan, table.name, table.columns, await readSchema(engine, paths));
    const select = columns.map(({ sql }) => sql).join(', ');
    await engine.run(`CREATE VIEW ${name} AS SELECT ${select} FROM ${readParquetSql(paths)}`);
  }
  const [count] = await engine.rows(`SELECT count(*) AS rows FROM ${name}`);
  const found = Number(count?.['rows']);
  if (found === table.rows) return found;
  throw fail('conservation_broken', {
    message: `Table '${table.name}' has ${table.rows} rows by its manifests, but ${found} in its objects.`,
    where: `run ${plan.run}`,
    hint: 'This is a defect of millrace: please report it. Nothing was published.',
  });
}
