import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { fail, toErrorRecord } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { Destination } from '@millrace/shared/core/pipeline';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';
import type { DestinationReader, PublishedTableInfo } from '@millrace/shared/ports/destination-reader';

import type { TableDetail, TableRun, TablesPage, TableSummary } from './api/table.ts';
import type { DashboardTools } from './tools.ts';
import { describeRows } from './view/cells.ts';

const HISTORY_RUNS = 100;

/** What a pipeline has published; nothing where no run was. */
export async function readTables(tools: DashboardTools, pipeline: string): Promise<TablesPage> {
  const found = { tables: [] as TableSummary[], problems: [] as TablesPage['problems'][number][] };
  for (const destination of await destinationsOf(tools, pipeline)) {
    try {
      const tables = await withReader(destination, (reader) => reader.tables());
      const own = tables.filter((table) => table.pipeline === pipeline);
      found.tables.push(...own.map((table) => describe(table, destination)));
    } catch (error) {
      const { message, hint } = toErrorRecord(error);
      found.problems.push({ pipeline, message, hint });
    }
  }
  return found;
}

/** Throws `usage` for a table that the pipeline has not published. */
export async function readTable(
  tools: DashboardTools,
  pipeline: string,
  name: string,
  limit: number,
): Promise<TableDetail> {
  const known: string[] = [];
  for (const destination of await destinationsOf(tools, pipeline)) {
    const detail = await withReader(destination, async (reader) => {
      const tables = (await reader.tables()).filter((table) => table.pipeline === pipeline);
      known.push(...tables.map(({ table }) => table));
      const table = tables.find((candidate) => candidate.table === name);
      return table === undefined ? null : describeDetail(tools, reader, describe(table, destination), limit);
    });
    if (detail !== null) return detail;
  }
  throw fail('usage', {
    message: `Pipeline '${pipeline}' has published no table '${name}'.${didYouMean(name, known)}`,
  });
}

async function describeDetail(
  { list }: DashboardTools,
  reader: DestinationReader,
  table: TableSummary,
  limit: number,
): Promise<TableDetail> {
  // Of a table that keeps the rows of all runs, the newest are what a person wants to see.
  const newest = table.load === 'append' ? ` WHERE _run_id = '${table.latest_run}'` : '';
  const rows = await reader.query(
    `SELECT * FROM ${quoteIdentifier(table.table)}${newest} LIMIT ${limit + 1}`,
    {
      maxRows: limit,
    },
  );
  const { runs } = await list.find({
    pipeline: table.pipeline,
    statuses: ['published'],
    limit: HISTORY_RUNS,
  });
  const history = runs.flatMap(({ run, ended_at }): TableRun[] => {
    const count = list.point(run)?.rows[table.table];
    return count === undefined || ended_at === null ? [] : [{ run, published_at: ended_at, rows: count }];
  });
  return { table, preview: describeRows(rows), history };
}

/** Those of the newest run that was published: one that failed may have named a place that does not exist yet. */
async function destinationsOf(
  { list, store }: DashboardTools,
  pipeline: string,
): Promise<readonly Destination[]> {
  const { runs } = await list.find({ pipeline, statuses: ['published'], limit: 1 });
  const plan = runs[0] === undefined ? null : await store.plan(runs[0].run);
  return plan?.destinations ?? [];
}

async function withReader<T>(
  destination: Destination,
  work: (reader: DestinationReader) => Promise<T>,
): Promise<T> {
  const reader = openDestinationReader(destination);
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

function describe(table: PublishedTableInfo, { type, path }: Destination): TableSummary {
  return {
    pipeline: table.pipeline,
    table: table.table,
    load: table.disposition,
    rows: table.rows,
    latest_run: table.latestRun,
    latest_rows: table.latestRows,
    columns: table.columns,
    destination: { type, path },
  };
}
