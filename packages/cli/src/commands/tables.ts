import type { Command } from 'commander';

import type { Destination } from '@millrace/shared/core/pipeline';
import type { PublishedTableInfo } from '@millrace/shared/ports/destination-reader';

import { createCommand, type CommandContext } from '../command.ts';
import { withDestination } from '../find-destination.ts';
import { localConfig } from '../local-config.ts';
import { escapeControls } from '../render/escape.ts';
import { formatCount } from '../render/quantity.ts';
import { renderTable } from '../render/table.ts';
import { displayWidth } from '../render/width.ts';
import type { Terminal } from '../terminal.ts';

/** Longer lines are hard to read, whatever the terminal. */
const LINE_WIDTH = 120;

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'tables',
    'Lists the tables that are published in a destination, with rows and columns.',
    ['millrace tables storefront', 'millrace tables final_analytics.db --json'],
  )
    .argument('<destination>', 'pipeline (its name or folder), or a SQLite file')
    .action((given: string) => listTables(terminal, given));
}

async function listTables(terminal: Terminal, given: string): Promise<void> {
  await withDestination(given, localConfig(), async (reader, destination) => {
    const tables = await reader.tables();
    if (terminal.json) terminal.printJson(toJson(destination, tables));
    else if (tables.length === 0) terminal.print(`Nothing has been published in ${destination.path} yet.`);
    else terminal.print(...render(destination, tables, terminal));
  });
}

function toJson({ type, path }: Destination, tables: readonly PublishedTableInfo[]) {
  return {
    destination: { type, path },
    tables: tables.map((table) => ({
      table: table.table,
      pipeline: table.pipeline,
      load: table.disposition,
      rows: table.rows,
      latest_run: table.latestRun,
      latest_rows: table.latestRows,
      columns: table.columns,
    })),
  };
}

function render(
  destination: Destination,
  tables: readonly PublishedTableInfo[],
  terminal: Terminal,
): string[] {
  const columns = [
    { header: 'table', squeeze: 'whole' as const },
    { header: 'load' },
    { header: 'rows', align: 'right' as const, squeeze: 'whole' as const },
    { header: 'latest run' },
    { header: 'its rows', align: 'right' as const, squeeze: 'whole' as const },
  ];
  const rows = tables.map((table) => [
    escapeControls(table.table),
    table.disposition,
    formatCount(table.rows),
    table.latestRun,
    formatCount(table.latestRows),
  ]);
  return [
    ...renderTable(columns, rows, terminal),
    `in ${escapeControls(destination.path)} (${destination.type})`,
    ...tables.flatMap((table) => ['', ...renderColumns(table, terminal)]),
  ];
}

/** On lines of their own: what somebody who writes a query has to know must not be cut. */
function renderColumns({ table, columns }: PublishedTableInfo, { style, width }: Terminal): string[] {
  const words = columns.map(({ name, type }) => `${name} ${type}`);
  return [style('strong', escapeControls(table)), ...wrap(words.map(escapeControls), width)];
}

function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const [index, word] of words.entries()) {
    const text = index === words.length - 1 ? word : `${word},`;
    const line = lines.at(-1);
    if (line !== undefined && displayWidth(line) + 1 + displayWidth(text) <= Math.min(width, LINE_WIDTH)) {
      lines[lines.length - 1] = `${line} ${text}`;
    } else lines.push(`  ${text}`);
  }
  return lines;
}
