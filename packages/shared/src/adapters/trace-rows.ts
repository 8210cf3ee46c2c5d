import { FAILURE_PLACE } from '../core/check.ts';
import { isMillraceError } from '../core/errors.ts';
import type { RowOrigin } from '../core/row-origin.ts';
import type { RunTable } from '../core/run-tables.ts';
import { quoteIdentifier, quoteLiteral } from '../core/sql-text.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { QueryResult } from '../ports/destination-reader.ts';
import { queryFailed } from './destination-query-error.ts';
import { runQuery } from './duckdb-query.ts';
import { openEngine, readParquetSql, type EngineSettings } from './duckdb.ts';
import { openBatches } from './open-batches.ts';
import { findOrigins } from './row-origins.ts';
import { requireMade, type QueriedRun } from './run-query.ts';

/** The rows of one table of a run that a condition holds for. */
export interface TracedRows {
  readonly table: string;
  /** All of them, of which the first are given. */
  readonly count: number;
  readonly columns: QueryResult['columns'];
  readonly rows: readonly TracedRow[];
}

export interface TracedRow {
  readonly values: QueryResult['rows'][number];
  /** The object in the bucket, and the row in it from 0. */
  readonly batch: string;
  readonly batchRow: number;
  /** Of a staged row, where it can be told; null for rows of models. */
  readonly origin: RowOrigin | null;
}

export interface TraceOptions {
  /** A condition in SQL; null for all rows. */
  readonly where: string | null;
  readonly limit: number;
  readonly engine: EngineSettings;
}

/**
 * Finds rows of a table in the bucket, and of a staged one the records that they were made of. Throws `query_failed` for a
 * condition that does not fit the table, and `data_pruned` when its rows were removed.
 */
export async function traceRows(
  bucket: Bucket,
  run: QueriedRun,
  table: RunTable,
  options: TraceOptions,
): Promise<TracedRows> {
  requireMade(run, table);
  if (table.batches.length === 0) return { table: table.name, count: 0, columns: table.columns, rows: [] };
  const found = await findRows(bucket, run, table, options);
  const width = found.columns.length - 2;
  const places = found.rows.map((row) => ({ batch: String(row[width]), row: Number(row[width + 1]) }));
  const origins = table.kind === 'staged' ? await originsOf(bucket, run, table.name, places, options) : [];
  return {
    table: table.name,
    count: found.count,
    columns: found.columns.slice(0, width),
    rows: found.rows.map((row, index) => ({
      values: row.slice(0, width),
      batch: table.batches.find(({ key }) => places[index]?.batch.endsWith(key))?.key ?? '',
      batchRow: places[index]?.row ?? 0,
      origin: origins[index] ?? null,
    })),
  };
}

/** With the place of each row in two last columns. The engine that runs a person's words can reach these objects alone. */
async function findRows(
  bucket: Bucket,
  { plan }: QueriedRun,
  table: RunTable,
  { where, limit, engine: settings }: TraceOptions,
): Promise<QueryResult & { readonly count: number }> {
  const paths = await openBatches(bucket, table.batches, new AbortController().signal);
  const engine = await openEngine(settings);
  try {
    await engine.confineTo(paths);
    const names = table.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
    const [batch, row] = Object.values(FAILURE_PLACE).map(quoteIdentifier);
    // The run's id is a column of published tables, so that it may be part of a condition.
    const placed = `SELECT ${names}, filename AS ${batch}, file_row_number AS ${row}, ${quoteLiteral(plan.run)} AS _run_id FROM ${readParquetSql(paths)}`;
    const from = `FROM (${placed}) WHERE (${where ?? 'true'}\n)`;
    const connection = await engine.connect();
    const counted = await runQuery(connection, `SELECT count(*) ${from}`, 1, `run ${plan.run}`);
    const sql = `SELECT ${names}, ${batch}, ${row} ${from} LIMIT ${Math.trunc(limit)}`;
    const result = await runQuery(connection, sql, limit, `run ${plan.run}`);
    return { ...result, count: Number(counted.rows[0]?.[0] ?? 0) };
  } catch (error) {
    const explained = engine.explain(error);
    if (isMillraceError(explained) || !(explained instanceof Error)) throw explained;
    throw queryFailed(explained, `table ${table.name} of run ${plan.run}`, [table.name]);
  } finally {
    await engine.close();
  }
}

async function originsOf(
  bucket: Bucket,
  run: QueriedRun,
  table: string,
  places: readonly { batch: string; row: number }[],
  { engine: settings }: TraceOptions,
): Promise<(RowOrigin | null)[]> {
  const engine = await openEngine(settings);
  try {
    return await findOrigins(engine, bucket, run, table, places);
  } finally {
    await engine.close();
  }
}
