import type { BatchReference } from '../core/batch.ts';
import { fail, isMillraceError } from '../core/errors.ts';
import { beginsAsQuery } from '../core/query-text.ts';
import { runTables, type RunTable } from '../core/run-tables.ts';
import type { PrunedRecord } from '../core/run.ts';
import { quoteIdentifier } from '../core/sql-text.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { QueryResult } from '../ports/destination-reader.ts';
import { notAQuery, queryFailed } from './destination-query-error.ts';
import { runQuery } from './duckdb-query.ts';
import { readParquetSql, type Engine } from './duckdb.ts';
import type { TracedRun } from './row-origins.ts';

export interface QueriedRun extends TracedRun {
  readonly pruned: readonly PrunedRecord[];
}

/**
 * Runs one SELECT over the staged tables and models of a run as they stand in the bucket, published or not. Only what the
 * statement names is read. Takes all other access away from the engine for good. Throws `query_failed`, and `data_pruned`
 * when what is asked for was removed.
 */
export async function queryRun(
  engine: Engine,
  bucket: Bucket,
  run: QueriedRun,
  sql: string,
  { maxRows }: { readonly maxRows: number },
): Promise<QueryResult> {
  const where = `run ${run.plan.run}`;
  if (!beginsAsQuery(sql)) throw notAQuery(where);
  const tables = runTables(run.plan, run.manifests);
  const connection = await engine.connect();
  try {
    const named = new Set(connection.getTableNames(sql, false).map((name) => name.toLowerCase()));
    const wanted = tables.filter(({ name }) => named.has(name.toLowerCase()));
    const paths: string[] = [];
    for (const table of wanted) paths.push(...(await showTable(engine, bucket, run, table)));
    await engine.confineTo(paths);
    return await runQuery(connection, sql, maxRows, where);
  } catch (error) {
    const explained = engine.explain(error);
    if (isMillraceError(explained) || !(explained instanceof Error)) throw explained;
    throw queryFailed(
      explained,
      where,
      tables.map(({ name }) => name),
    );
  }
}

/** @returns the files of the table */
async function showTable(
  engine: Engine,
  bucket: Bucket,
  run: QueriedRun,
  table: RunTable,
): Promise<string[]> {
  requireMade(run, table);
  const name = quoteIdentifier(table.name);
  if (table.batches.length === 0) {
    const columns = table.columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`);
    await engine.run(`CREATE TABLE ${name} (${columns.join(', ')})`);
    return [];
  }
  const paths = await openAll(bucket, table.batches);
  await engine.run(`CREATE VIEW ${name} AS SELECT * FROM ${readParquetSql(paths)}`);
  return paths;
}

/** Half a table looks like a whole one. */
export function requireMade({ plan, pruned }: QueriedRun, { name, tasks, open }: RunTable): void {
  const removed = pruned.find((record) => tasks.some((task) => record.tasks.includes(task)));
  if (removed !== undefined) {
    throw fail('data_pruned', {
      message: `The rows of '${name}' were pruned at ${removed.prunedAt}.`,
      where: `run ${plan.run}`,
      hint: `Run the pipeline again: \`millrace run ${plan.pipeline}\`.`,
    });
  }
  if (open.length === 0) return;
  throw fail('query_failed', {
    message: `The rows of '${name}' are not there: ${open.length === 1 ? `task ${open[0]} is` : `${open.length} of its ${tasks.length} tasks are`} not done.`,
    where: `run ${plan.run}`,
    hint: `See how far the run got: \`millrace status ${plan.run}\`.`,
  });
}

async function openAll(bucket: Bucket, batches: readonly BatchReference[]): Promise<string[]> {
  const paths: string[] = [];
  for (const batch of batches) paths.push(await bucket.open(batch));
  return paths;
}
