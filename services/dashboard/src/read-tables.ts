import { fail, fromErrorRecord } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { PublishedTableInfo } from '@millrace/shared/ports/destination-reader';

import type { TableDetail, TableRun, TablesPage, TableSummary } from './api/table.ts';
import { askDestinations, type DestinationQuestion } from './ask-destinations.ts';
import type { DashboardTools } from './tools.ts';
import { describeRows } from './view/cells.ts';

const HISTORY_RUNS = 100;

/** What these pipelines have published; nothing where no run was. */
export async function readTables(tools: DashboardTools, pipelines: readonly string[]): Promise<TablesPage> {
  const questions: DestinationQuestion[] = [];
  // One after another: each may read many runs the first time.
  for (const pipeline of pipelines) {
    const destinations = await destinationsOf(tools, pipeline);
    questions.push(...destinations.map((destination) => ({ destination, pipeline, preview: null })));
  }
  const reports = await askDestinations(questions);
  const found = { tables: [] as TableSummary[], problems: [] as TablesPage['problems'][number][] };
  for (const [index, { destination, pipeline }] of questions.entries()) {
    const report = reports[index];
    if (report?.kind === 'answer')
      found.tables.push(...report.answer.tables.map((table) => describe(table, destination)));
    else if (report !== undefined)
      found.problems.push({ pipeline, message: report.error.message, hint: report.error.hint });
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
  const destinations = await destinationsOf(tools, pipeline);
  const preview = { table: name, limit };
  const reports = await askDestinations(
    destinations.map((destination) => ({ destination, pipeline, preview })),
  );
  const known: string[] = [];
  for (const [index, destination] of destinations.entries()) {
    const report = reports[index];
    if (report === undefined) continue;
    if (report.kind === 'failed') throw fromErrorRecord(report.error);
    const { tables, rows } = report.answer;
    known.push(...tables.map(({ table }) => table));
    const table = tables.find((candidate) => candidate.table === name);
    if (table === undefined || rows === null) continue;
    return {
      table: describe(table, destination),
      preview: describeRows(rows),
      history: await readHistory(tools, pipeline, name),
    };
  }
  throw fail('usage', {
    message: `Pipeline '${pipeline}' has published no table '${name}'.${didYouMean(name, known)}`,
  });
}

async function readHistory({ list }: DashboardTools, pipeline: string, table: string): Promise<TableRun[]> {
  const { runs } = await list.find({ pipeline, statuses: ['published'], limit: HISTORY_RUNS });
  return runs.flatMap(({ run, ended_at }): TableRun[] => {
    const count = list.point(run)?.rows[table];
    return count === undefined || ended_at === null ? [] : [{ run, published_at: ended_at, rows: count }];
  });
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
