import type { Command } from 'commander';

import { fail } from '@millrace/shared/core/errors';
import type { QueryResult, QueryValue } from '@millrace/shared/ports/destination-reader';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { withDestination } from '../find-destination.ts';
import { localConfig } from '../local-config.ts';
import { plural } from '../render/quantity.ts';
import { csvLines, renderQueryResult } from '../render/query-result.ts';
import type { Terminal } from '../terminal.ts';

interface QueryOptions {
  readonly csv?: boolean;
  readonly limit?: number;
}

/** What fits on a screen to scroll through, and what a program may want. */
const ROWS_FOR_PEOPLE = 200;
const ROWS_FOR_PROGRAMS = 1_000_000;

export function define({ terminal }: CommandContext): Command {
  return createCommand('query', 'Asks a destination in SQL. It is opened for reading only.', [
    'millrace query storefront "SELECT * FROM daily_revenue_latest LIMIT 5"',
    'millrace query final_analytics.db "SELECT run_id, status FROM _millrace_runs" --json',
    'millrace query pipelines/storefront "SELECT * FROM customer_value_latest" --csv > customers.csv',
  ])
    .argument('<destination>', 'pipeline (its name or folder), or a SQLite file')
    .argument('<sql>', 'one SELECT')
    .option('--csv', 'print CSV')
    .option('--limit <n>', `rows at most (default: ${ROWS_FOR_PEOPLE} as a table, else all)`, parseCount)
    .action((given: string, sql: string, options: QueryOptions) => query(terminal, given, sql, options));
}

async function query(terminal: Terminal, given: string, sql: string, options: QueryOptions): Promise<void> {
  const asCsv = options.csv === true;
  if (asCsv && terminal.json) {
    throw fail('usage', { message: '--csv and --json exclude each other.', hint: 'Give one of them.' });
  }
  const maxRows = options.limit ?? (asCsv || terminal.json ? ROWS_FOR_PROGRAMS : ROWS_FOR_PEOPLE);
  const result = await withDestination(given, localConfig(), (reader) => reader.query(sql, { maxRows }));
  if (terminal.json) terminal.printJson(toJson(result));
  else if (asCsv) terminal.print(...csvLines(result));
  else terminal.print(...renderQueryResult(result, terminal));
  sayHowMany(terminal, result, asCsv);
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
