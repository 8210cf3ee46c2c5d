import path from 'node:path';

import { formatColumnType } from '@millrace/shared/core/column-type';

import { shellPath } from '../own-command.ts';
import { escapeControls } from '../render/escape.ts';
import { plural } from '../render/quantity.ts';
import type { Style } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import type { PipelineDraft } from './draft.ts';
import type { LeftOut } from './group-files.ts';

export interface InitOutcome {
  readonly draft: PipelineDraft;
  readonly leftOut: readonly LeftOut[];
  readonly folder: string;
  /** The folder as a word of a shell. */
  readonly shown: string;
  readonly files: readonly string[];
  /** How this CLI is called. */
  readonly own: string;
}

/** What `init --json` prints. Stable fields. */
export function reportInit({ draft, leftOut, folder, files, ...rest }: InitOutcome) {
  return {
    pipeline: draft.name,
    folder,
    files,
    sources: draft.sources.map(({ name, type, path: data, tables }) => ({
      source: name,
      type,
      path: data,
      tables: tables.map(({ model, key, columns }) => ({
        table: model,
        key,
        columns: columns.map(({ column, note }) => ({
          column: column.name,
          type: formatColumnType(column.type),
          format: column.format,
          note,
        })),
      })),
    })),
    left_out: leftOut,
    next_commands: nextCommands({ draft, ...rest }),
  };
}

/** Tables with columns that a person should look at, and what to do next. */
export function renderInit(outcome: InitOutcome, options: { width: number; style: Style }): string[] {
  const { draft, leftOut, shown } = outcome;
  const rows = draft.sources.flatMap((source) =>
    source.tables.map(({ model, columns, key }) => [
      model,
      plural(columns.length, 'column'),
      key.join(', '),
      `${source.type} ${path.basename(source.path)}`,
    ]),
  );
  const header = [{ header: 'table' }, { header: '' }, { header: 'key' }, { header: 'from' }];
  return [
    `Wrote the pipeline ${draft.name} into ${shown}: ${plural(draft.sources.length, 'source')}, ${plural(rows.length, 'table')}`,
    ...renderTable(
      header,
      rows.map((row) => row.map(escapeControls)),
      { ...options, width: options.width - 2 },
    ).map((line) => `  ${line}`),
    ...leftOut.map(
      ({ path: file, reason }) => `left out ${escapeControls(shellPath(file))}: ${escapeControls(reason)}`,
    ),
    '',
    `What was guessed, and from what, stands in ${path.join(shown, 'pipeline.yml')}. Next:`,
    ...nextCommands(outcome).map((command) => `  ${command}`),
  ];
}

function nextCommands({ draft, shown, own }: Pick<InitOutcome, 'draft' | 'shown' | 'own'>): string[] {
  const first = draft.sources[0]?.tables[0]?.model ?? draft.name;
  return [
    `${own} plan ${shown} --sample`,
    `${own} run ${shown} --wait`,
    `${own} query ${shown} "SELECT * FROM ${first}_latest LIMIT 10"`,
  ];
}
