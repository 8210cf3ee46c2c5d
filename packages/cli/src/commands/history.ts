import { existsSync } from 'node:fs';
import type { Command } from 'commander';

import { readContracts } from '@millrace/shared/adapters/contract-records';
import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { mergeContracts } from '@millrace/shared/core/contract-record';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { DestinationReader } from '@millrace/shared/ports/destination-reader';
import { createRunStore } from '@millrace/shared/runtime/run-store';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { tableContracts, tableRun, type TableHistory, type TableRun } from '../core/table-history.ts';
import { withDestination } from '../find-destination.ts';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { renderColumnHistory, renderHistory } from '../render/table-history.ts';
import type { Terminal } from '../terminal.ts';

interface HistoryOptions {
  readonly of?: string;
  readonly column?: string;
  readonly limit: number;
}

/** How many runs of a destination are looked through for those of the table. */
const RUNS_SEARCHED = 1000;

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'history',
    'Draws a table over its runs: rows, rejects, checks, nulls, distinct values and means of its columns, and how its contract was kept.',
    [
      'millrace history daily_revenue',
      'millrace history orders --column total --limit 30',
      'millrace history daily_revenue --of final_analytics.db --json',
    ],
  )
    .argument('<table>', 'a staged table or a model')
    .option('--of <destination>', 'pipeline (its name or folder), or a SQLite file')
    .option('--column <name>', 'the measures of one column, run by run')
    .option('--limit <n>', 'how many runs', parseCount, 14)
    .action((table: string, options: HistoryOptions) => showHistory(terminal, table, options));
}

async function showHistory(terminal: Terminal, table: string, options: HistoryOptions): Promise<void> {
  const config = localConfig();
  // Asking must not make a bucket where there is none.
  const bucket = existsSync(config.bucket) ? await openLocalBucket(config) : null;
  const read = (reader: DestinationReader) => readHistory(reader, bucket, table, options.limit);
  const history =
    options.of === undefined
      ? await withLatestDestination(bucket, table, read)
      : await withDestination(options.of, config, read);
  if (options.column !== undefined) requireColumn(history, options.column);
  if (terminal.json) terminal.printJson(history);
  else if (options.column === undefined) terminal.print(...renderHistory(history, terminal));
  else terminal.print(...renderColumnHistory(history, options.column, terminal));
}

/** The destination of the latest run that made the table: most have one of a name. */
async function withLatestDestination<T>(
  bucket: Bucket | null,
  table: string,
  work: (reader: DestinationReader) => Promise<T>,
): Promise<T> {
  const known = new Set<string>();
  const store = bucket === null ? null : createRunStore(bucket);
  for (const run of (await store?.list(RUNS_SEARCHED)) ?? []) {
    const plan = await store?.plan(run);
    const names = [...(plan?.tables ?? []), ...(plan?.models ?? [])].map(({ name }) => name);
    const destination = names.includes(table) ? plan?.destinations[0] : undefined;
    for (const name of names) known.add(name);
    if (destination === undefined) continue;
    const reader = openDestinationReader(destination);
    try {
      return await work(reader);
    } finally {
      await reader.close();
    }
  }
  throw noHistory(table, [...known]);
}

async function readHistory(
  reader: DestinationReader,
  bucket: Bucket | null,
  table: string,
  limit: number,
): Promise<TableHistory> {
  const runs: TableRun[] = [];
  const known = new Set<string>();
  let pipeline: string | null = null;
  for (const record of await reader.runs(RUNS_SEARCHED)) {
    if (runs.length === limit) break;
    const checks = await reader.checks(record.run);
    const tables = (await reader.run(record.run))?.tables ?? {};
    for (const name of [...Object.keys(tables), ...checks.profiles.map((profile) => profile.table)]) {
      known.add(name);
    }
    const drift = await reader.drift(record.run);
    const found = tableRun(table, { record, checks, tables, drift });
    // Staged tables of several pipelines may have one name: the history is that of the latest.
    if (found === null || (pipeline ?? record.pipeline) !== record.pipeline) continue;
    pipeline = record.pipeline;
    runs.push(found);
  }
  if (pipeline === null) throw noHistory(table, [...known]);
  // What no run has brought there yet stands in the bucket alone.
  const contracts = mergeContracts(
    await reader.contracts(pipeline),
    bucket === null ? [] : await readContracts(bucket, pipeline),
  );
  return { table, pipeline, runs, contracts: tableContracts(table, contracts) };
}

function noHistory(table: string, known: readonly string[]): Error {
  return fail('usage', {
    message: `No run has a table '${table}'.${didYouMean(table, known)}`,
    hint:
      known.length === 0
        ? 'Run a pipeline first, or name a destination with --of.'
        : `Known tables: ${[...known].sort().join(', ')}.`,
  });
}

function requireColumn({ table, runs }: TableHistory, column: string): void {
  const known = [...new Set(runs.flatMap(({ columns }) => columns.map(({ name }) => name)))];
  if (known.includes(column)) return;
  throw fail('usage', {
    message: `Table '${table}' has no column '${column}' in these runs.${didYouMean(column, known)}`,
    hint: known.length === 0 ? 'Its runs have measured no columns.' : `Its columns: ${known.join(', ')}.`,
  });
}
