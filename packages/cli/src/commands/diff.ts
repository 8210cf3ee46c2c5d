import type { Command } from 'commander';

import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { RunState } from '@millrace/shared/runtime/run-store';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { withDiffPlace } from '../diff/diff-place.ts';
import { diffTable } from '../diff/diff-table.ts';
import { runTables, type RunTable } from '../diff/run-table.ts';
import type { TableDiff } from '../diff/table-diff.ts';
import { findRun } from '../find-run.ts';
import { localConfig } from '../local-config.ts';
import { renderRunDiff } from '../render/run-diff.ts';
import type { Terminal } from '../terminal.ts';

interface DiffCommandOptions {
  readonly table?: string;
  readonly key?: string;
  readonly limit: number;
}

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'diff',
    'Compares the tables of two runs: rows added, removed and changed, columns, and measures. Runs that failed have tables too.',
    [
      'millrace diff 20261121T060000-1a2b3c4d 20261122T060000-5e6f7a8b',
      'millrace diff <before> <after> --table daily_revenue --key day',
      'millrace diff <before> <after> --table orders --limit 20 --json   # also a staged table',
    ],
  )
    .argument('<before>', 'id of a run')
    .argument('<after>', 'id of another run, the later one')
    .option('--table <name>', 'only this table, which may be a staged one')
    .option('--key <columns>', 'columns that name a row, with commas; without any, whole rows are compared')
    .option('--limit <n>', 'rows of each kind to show', parseCount, 3)
    .action((before: string, after: string, options: DiffCommandOptions) =>
      diffRuns(terminal, before, after, options),
    );
}

async function diffRuns(
  terminal: Terminal,
  before: string,
  after: string,
  options: DiffCommandOptions,
): Promise<void> {
  const config = localConfig();
  const { bucket, store } = await findRun(config, before);
  const states = [await store.load(before), await store.load(after)] as const;
  const { pairs, added, removed } = pairTables(states, options.table);
  if (options.key !== undefined && pairs.length > 1) {
    throw fail('usage', {
      message: '--key is of one table, and these runs have several.',
      hint: `Name one with --table: ${pairs.map(([, { name }]) => name).join(', ')}.`,
    });
  }
  const wish = {
    key: options.key?.split(',').map((name) => name.trim()) ?? null,
    examples: options.limit,
  };
  const tables: TableDiff[] = [];
  for (const [one, other] of pairs) {
    tables.push(
      await withDiffPlace(bucket, config, [one, other], (place) => diffTable(one, other, place, wish)),
    );
  }
  const [first, second] = states.map(({ request, status }) => ({
    run: request.run,
    pipeline: request.pipeline,
    status,
  }));
  if (first === undefined || second === undefined) return;
  const report = { before: first, after: second, tables_added: added, tables_removed: removed, tables };
  if (terminal.json) terminal.printJson(report);
  else terminal.print(...renderRunDiff(report, terminal));
}

interface Paired {
  readonly pairs: readonly (readonly [RunTable, RunTable])[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Models by default; a table that is asked for may be a staged one. */
function pairTables(states: readonly [RunState, RunState], wanted: string | undefined): Paired {
  const [before, after] = [
    runTables(states[0], wanted !== undefined),
    runTables(states[1], wanted !== undefined),
  ];
  const missing = (from: readonly RunTable[], tables: readonly RunTable[]) =>
    tables.map(({ name }) => name).filter((name) => !from.some((table) => table.name === name));
  const pairs = after.flatMap((table) => {
    const other = before.find(({ name }) => name === table.name);
    const isWanted = wanted === undefined || table.name === wanted;
    return other === undefined || !isWanted ? [] : [[other, table] as const];
  });
  if (wanted !== undefined) {
    if (pairs.length === 0) throw noSuchTable(wanted, before, after);
    return { pairs, added: [], removed: [] };
  }
  return { pairs, added: missing(before, after), removed: missing(after, before) };
}

function noSuchTable(wanted: string, before: readonly RunTable[], after: readonly RunTable[]): Error {
  const both = after.map(({ name }) => name).filter((name) => before.some((table) => table.name === name));
  return fail('usage', {
    message: `The runs do not both have a table '${wanted}'.${didYouMean(wanted, both)}`,
    hint: both.length === 0 ? 'They have no table in common.' : `Tables of both: ${both.join(', ')}.`,
  });
}
