import { bucketError, copyToParquetSql, readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { bindModel } from '@millrace/shared/adapters/model-bind';
import { badRowSql, isRowRule, type RowRule } from '@millrace/shared/core/check-sql';
import { FAILURE_PLACE, MAX_FAILURES, type PlannedCheck } from '@millrace/shared/core/check';
import { quoteIdentifier, quoteList } from '@millrace/shared/core/sql-text';

import type { CheckOrder, OrderedTable } from './contracts/model-order.ts';

type Keeping = Pick<CheckOrder, 'keys' | 'targets'> & { readonly table: OrderedTable };

interface Found {
  readonly check: PlannedCheck;
  /** Its place among the targets. */
  readonly index: number;
  readonly badRows: number;
}

/**
 * Writes the first bad rows of a check to its target, in the order in which they stand in the table's objects.
 * @returns how many; null for a check that compares numbers, which has no bad rows to show
 */
export async function keepBadRows(
  engine: Engine,
  keeping: Keeping,
  { check, index, badRows }: Found,
): Promise<number | null> {
  const target = keeping.targets[index];
  if (target === undefined) return null;
  const first = firstPaths(keeping.table, badRows);
  if (first !== null && isRowRule(check.rule)) {
    const table = { ...keeping.table, paths: first };
    const rows = await write(engine, selectBadRows(keeping, table, check.rule), target);
    if (rows === MAX_FAILURES) return rows;
  }
  const select = isRowRule(check.rule)
    ? selectBadRows(keeping, keeping.table, check.rule)
    : await selectOwn(engine, check);
  return select === null ? null : write(engine, select, target);
}

async function write(engine: Engine, select: string, target: Keeping['targets'][number]): Promise<number> {
  try {
    const [result] = await engine.rows(copyToParquetSql(select, target.path));
    return Number(result?.['Count']);
  } catch (error) {
    throw bucketError(error, target.key) ?? error;
  }
}

/**
 * Of many bad rows the first are most often in the first objects: then the others need not be read once more, with all
 * columns. In the order of their names, as rows are kept. Null when that would save little.
 */
function firstPaths({ paths, columns }: OrderedTable, badRows: number): readonly string[] | null {
  const few = Math.ceil((2 * paths.length * MAX_FAILURES) / badRows);
  if (few > paths.length / 2 || hasPlaces(columns)) return null;
  return [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).slice(0, few);
}

/** Null for a check that compares numbers. */
async function selectOwn(engine: Engine, { id, rule }: PlannedCheck): Promise<string | null> {
  if (rule.kind !== 'sql') return null;
  const columns = await bindModel(engine, { noun: 'Check', name: id, file: rule.file, sql: rule.sql });
  const list = columns.map(({ name, type, cast }) =>
    cast ? `CAST(${quoteIdentifier(name)} AS ${type}) AS ${quoteIdentifier(name)}` : quoteIdentifier(name),
  );
  return `SELECT ${list.join(', ')} FROM (\n${rule.sql}\n) LIMIT ${MAX_FAILURES}`;
}

/** @param table with the objects in which to look; `keeping` has all of them */
function selectBadRows(keeping: Keeping, table: OrderedTable, rule: RowRule): string {
  const columns = table.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const from = `FROM ${readParquetSql(table.paths)} WHERE ${badRowSql(rule, table)}`;
  if (hasPlaces(table.columns)) {
    return `SELECT ${columns} ${from} LIMIT ${MAX_FAILURES}`;
  }
  const [batch, row] = [FAILURE_PLACE.batch, FAILURE_PLACE.row].map(quoteIdentifier);
  const bad = `SELECT ${columns}, filename AS ${batch}, file_row_number AS ${row} ${from}`;
  return `SELECT ${columns}, ${quoteList(keeping.keys)}[list_position(${quoteList(keeping.table.paths)}, ${batch})] AS ${batch}, ${row}
    FROM (${bad} ORDER BY ${batch}, ${row} LIMIT ${MAX_FAILURES})`;
}

/** Columns that DuckDB adds to those of a Parquet file when they are asked for, unless it has them itself. */
const PLACES = ['filename', 'file_row_number'];

function hasPlaces(columns: OrderedTable['columns']): boolean {
  return columns.some(({ name }) => PLACES.includes(name.toLowerCase()));
}
