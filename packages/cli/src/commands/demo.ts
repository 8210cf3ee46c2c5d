import type { Command } from 'commander';

import type { Config } from '@millrace/shared/runtime/config';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';
import { LOADED_AT_COLUMN, RUN_COLUMN, latestViewName } from '@millrace/shared/core/ledger-schema';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { reportRun, type RunReport } from '@millrace/shared/core/report/run-report';
import { prepareDemo } from '../demo/prepare-demo.ts';
import { withDestination } from '../find-destination.ts';
import { isEnded } from '../follow-run.ts';
import { withInterrupt } from '../interrupt.ts';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { shellPath } from '../own-command.ts';
import { formatCount } from '../render/quantity.ts';
import { renderFirstColumns } from '../render/query-result.ts';
import { renderSummary } from '../render/run-summary.ts';
import { runAndFollow, throwIfNotPublished } from '../run-and-follow.ts';
import { addWorkerOptions, workerCounts, type WorkerOptions } from '../stack/worker-options.ts';
import type { Terminal } from '../terminal.ts';

const ROWS_SHOWN = 3;

interface DemoOptions extends WorkerOptions {
  readonly orders?: number;
  readonly seed?: number;
}

export function define(context: CommandContext): Command {
  const command = createCommand(
    'demo',
    'Makes the data of a web shop (orders as JSON, customers and products as SQLite) and runs a pipeline on it.',
    ['millrace demo', 'millrace demo --orders 1000000 --extractors 4  # more data, more workers'],
  )
    .option('--orders <n>', 'make the data anew, with this many good orders (default: 60000)', parseCount)
    .option('--seed <n>', 'make the data anew, from this seed (default: 1)', parseCount);
  return addWorkerOptions(command).action((options: DemoOptions) =>
    withInterrupt((signal) => demo(context, options, signal)),
  );
}

async function demo(context: CommandContext, options: DemoOptions, signal: AbortSignal): Promise<void> {
  const { terminal } = context;
  const config = localConfig();
  const folder = await prepareDemo(
    config.home,
    { orders: options.orders ?? null, seed: options.seed ?? null },
    terminal.remark,
  );
  const bucket = await openLocalBucket(config);
  const wish = { ...(await deployFolder(bucket, folder)), trigger: 'demo', key: null } as const;
  const { state } = await runAndFollow({
    context,
    config,
    bucket,
    pipeline: wish.pipeline,
    begin: (queue) => requestRun(bucket, queue, wish),
    counts: workerCounts(options),
    signal,
  });
  const report = reportRun(state);
  if (terminal.json) terminal.printJson({ ...report, pipeline_folder: folder });
  throwIfNotPublished(state);
  if (terminal.json || !isEnded(state)) return;
  terminal.print('', ...renderSummary(report, terminal));
  await showRows(terminal, config, folder, report);
  terminal.print(
    '',
    'Try next:',
    ...nextCommands(terminal.own, shellPath(folder), report).map((line) => `  ${line}`),
  );
}

/** The first rows of each table, of this run and without the columns that millrace adds. */
async function showRows(
  terminal: Terminal,
  config: Config,
  folder: string,
  report: RunReport,
): Promise<void> {
  await withDestination(folder, config, async (reader) => {
    const published = await reader.tables();
    for (const { table, columns, latestRows } of published) {
      if (!report.models.some((model) => model.table === table)) continue;
      const names = columns
        .map(({ name }) => name)
        .filter((name) => name !== RUN_COLUMN && name !== LOADED_AT_COLUMN);
      const list = names.map(quoteIdentifier).join(', ');
      const sql = `SELECT ${list} FROM ${quoteIdentifier(latestViewName(table))} LIMIT ${ROWS_SHOWN}`;
      const result = await reader.query(sql, { maxRows: ROWS_SHOWN });
      const title = `${terminal.style('strong', table)}, ${ROWS_SHOWN} of ${formatCount(latestRows)} rows`;
      terminal.print('', title, ...renderFirstColumns(result, terminal));
    }
  });
}

function nextCommands(own: string, folder: string, { run }: RunReport): string[] {
  const sql =
    'SELECT country, round(sum(net_revenue)) AS revenue FROM customer_value_latest GROUP BY 1 ORDER BY 2 DESC';
  const commands = [
    [`${own} query ${folder} "${sql}"`, 'ask the tables'],
    [`${own} rejects ${run}`, 'the records that were refused, and why'],
    [`${own} plan ${folder}`, 'what the pipeline does'],
    [`${own} run ${folder} --wait`, 'run it again: history is kept by run'],
    [`${own} up`, 'the stack until Ctrl-C; then `run`, `watch`, `workers` in another terminal'],
    [`${own} init my-pipeline --from <your files>`, 'a pipeline for your own data'],
  ] as const;
  return commands.flatMap(([command, why]) => [`# ${why}`, command]);
}
