import { bucketError, copyToParquetSql, readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { bindModel } from '@millrace/shared/adapters/model-bind';
import { badRowSql, isRowRule } from '@millrace/shared/core/check-sql';
import { FAILURE_PLACE, MAX_FAILURES, type PlannedCheck } from '@millrace/shared/core/check';
import { quoteIdentifier, quoteList } from '@millrace/shared/core/sql-text';

import type { CheckOrder, OrderedTable } from './contracts/model-order.ts';

type Keeping = Pick<CheckOrder, 'keys' | 'targets'> & { readonly table: OrderedTable };

/**
 * Writes the first bad rows of a check to its target, in the order in which they stand in the table's objects.
 * @returns how many; null for a check that compares numbers, which has no bad rows to show
 */
export async function keepBadRows(
  engine: Engine,
  keeping: Keeping,
  check: PlannedCheck,
  index: number,
): Promise<number | null> {
  const target = keeping.targets[index];
  const select = await selectBadRows(engine, keeping, check);
  if (select === null || target === undefined) return null;
  try {
    const [result] = await engine.rows(copyToParquetSql(select, target.path));
    return Number(result?.['Count']);
  } catch (error) {
    throw bucketError(error, target.key) ?? error;
  }
}

async function selectBadRows(
  engine: Engine,
  { table, keys }: Keeping,
  { id, rule }: PlannedCheck,
): Promise<string | null> {
  if (rule.kind === 'sql') {
    const columns = await bindModel(engine, { noun: 'Check', name: id, file: rule.file, sql: rule.sql });
    const list = columns.map(({ name, type, cast }) =>
      cast ? `CAST(${quoteIdentifier(name)} AS ${type}) AS ${quoteIdentifier(name)}` : quoteIdentifier(name),
    );
    return `SELECT ${list.join(', ')} FROM (\n${rule.sql}\n) LIMIT ${MAX_FAILURES}`;
  }
  if (!isRowRule(rule)) return null;
  const columns = table.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const from = `FROM ${readParquetSql(table.paths)} WHERE ${badRowSql(rule, table)}`;
  if (table.columns.some(({ name }) => PLACES.includes(name.toLowerCase()))) {
    return `SELECT ${columns} ${from} LIMIT ${MAX_FAILURES}`;
  }
  const [batch, row] = [FAILURE_PLACE.batch, FAILURE_PLACE.row].map(quoteIdentifier);
  const bad = `SELECT ${columns}, filename AS ${batch}, file_row_number AS ${row} ${from}`;
  return `SELECT ${columns}, ${quoteList(keys)}[list_position(${quoteList(table.paths)}, ${batch})] AS ${batch}, ${row}
    FROM (${bad} ORDER BY ${batch}, ${row} LIMIT ${MAX_FAILURES})`;
}

/** Columns that DuckDB adds to those of a Parquet file when they are asked for, unless it has them itself. */
const PLACES = ['filename', 'file_row_number'];
