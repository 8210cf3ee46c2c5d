import type { Command } from 'commander';

import { fail } from '@millrace/shared/core/errors';
import type { QueryResult, QueryValue } from '@millrace/shared/ports/destination-reader';
import { withEngine } from '@millrace/shared/runtime/with-engine';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { withDestination } from '../find-destination.ts';
import { findRun } from '../find-run.ts';
import { localConfig } from '../local-config.ts';
import { plural } from '../render/quantity.ts';
import { csvLines, renderQueryResult } from '../render/query-result.ts';
import type { Terminal } from '../terminal.ts';

interface QueryOptions {
  readonly csv?: boolean;
  readonly limit?: number;
  readonly run?: string;
}

/** What fits on a screen to scroll through, and what a program may want. */
const ROWS_FOR_PEOPLE = 200;
const ROWS_FOR_PROGRAMS = 1_000_000;

export function define({ terminal }: CommandContext): Command {
  return createCommand('query', 'Asks a destination in SQL. It is opened for reading only.', [
    'millrace query storefront "SELECT * FROM daily_revenue_latest LIMIT 5"',
    'millrace query final_analytics.db "SELECT run_id, status FROM _millrace_runs" --json',
    'millrace query pipelines/storefront "SELECT * FROM customer_value_latest" --csv > customers.csv',
    'millrace query --run 20261122T060000-1a2b3c4d "FROM daily_revenue"  # of a run, published or not',
  ])
    .argument('[destination]', 'pipeline (its name or folder), or a SQLite file; left out with --run')
    .argument('[sql]', 'one SELECT')
    .option('--run <id>', 'ask the staged tables and models of a run, as they stand in the bucket')
    .option('--csv', 'print CSV')
    .option('--limit <n>', `rows at most (default: ${ROWS_FOR_PEOPLE} as a table, else all)`, parseCount)
    .action((first: string | undefined, second: string | undefined, options: QueryOptions) =>
      query(
        terminal,
        [first, second].filter((text) => text !== undefined),
        options,
      ),
    );
}

async function query(terminal: Terminal, given: readonly string[], options: QueryOptions): Promise<void> {
  const asCsv = options.csv === true;
  if (asCsv && terminal.json) {
    throw fail('usage', { message: '--csv and --json exclude each other.', hint: 'Give one of them.' });
  }
  const maxRows = options.limit ?? (asCsv || terminal.json ? ROWS_FOR_PROGRAMS : ROWS_FOR_PEOPLE);
  const result = await ask(given, options.run, maxRows);
  if (terminal.json) terminal.printJson(toJson(result));
  else if (asCsv) terminal.print(...csvLines(result));
  else terminal.print(...renderQueryResult(result, terminal));
  sayHowMany(terminal, result, asCsv);
}

function ask(given: readonly string[], run: string | undefined, maxRows: number): Promise<QueryResult> {
  const [first, second] = given;
  if (run !== undefined && first !== undefined && second === undefined) return askRun(run, first, maxRows);
  if (run === undefined && first !== undefined && second !== undefined)
    return withDestination(first, localConfig(), (reader) => reader.query(second, { maxRows }));
  throw fail('usage', {
    message:
      run === undefined
        ? 'A destination and one SELECT are needed.'
        : 'With --run, one SELECT is needed and nothing else.',
    hint: 'See `millrace query --help`.',
  });
}

async function askRun(given: string, sql: string, maxRows: number): Promise<QueryResult> {
  const config = localConfig();
  const { bucket, store, run } = await findRun(config, given);
  const { plan, manifests, pruned } = await store.load(run);
  if (plan === null) {
    throw fail('query_failed', {
      message: 'The run has no plan, so it has made nothing.',
      where: `run ${run}`,
    });
  }
  const { queryRun } = await import('@millrace/shared/adapters/run-query');
  return withEngine(config, (engine) =>
    queryRun(engine, bucket, { plan, manifests, pruned }, sql, { maxRows }),
  );
}

/** On standard error: a table that is piped on stays a table. */
function sayHowMany(terminal: Terminal, { rows, truncated }: QueryResult, asCsv: boolean): void {
  if (truncated) terminal.remark(`Only the first ${plural(rows.length, 'row')}; --limit gives more.`);
  else if (!asCsv && terminal.interactive) terminal.remark(plural(rows.length, 'row'));
}

function toJson({ columns, rows, truncated }: QueryResult) {
  const named = rows.map((row) =>
    Object.fromEntries(columns.map(({ name }, index) => [name, jsonValue(row[index])])),
  );
  return { columns: columns.map(({ name, type }) => ({ name, type })), rows: named, truncated };
}

function jsonValue(value: QueryValue | undefined): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
}
