import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';

import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { fail } from '@millrace/shared/core/errors';

import { createCommand, type CommandContext } from '../command.ts';
import { groupDataFiles } from '../init/data-files.ts';
import { makeName, type PipelineDraft } from '../init/draft.ts';
import { writePipelineFiles } from '../init/pipeline-text.ts';
import { shellPath } from '../own-command.ts';
import { plural } from '../render/quantity.ts';

interface InitOptions {
  readonly from: readonly string[];
}

export function define(context: CommandContext): Command {
  return createCommand(
    'init',
    'Writes a pipeline for data files: columns found in the data, one model per table.',
    [
      'millrace init pipelines/films --from data/movies.json',
      'millrace init pipelines/shop --from exports/*.csv shop.db  # several sources in one pipeline',
    ],
  )
    .argument('<dir>', 'folder to make; its name becomes the name of the pipeline')
    .requiredOption('--from <files...>', 'data: JSON, CSV, SQLite or Parquet files, or folders of them')
    .action((folder: string, options: InitOptions) => init(context, folder, options.from));
}

async function init({ terminal }: CommandContext, given: string, from: readonly string[]): Promise<void> {
  const folder = path.resolve(given);
  await refuseToOverwrite(folder);
  const groups = await groupDataFiles(from);
  // It brings all readers along.
  const { surveyData } = await import('../init/survey-data.ts');
  const { sources, leftOut } = await surveyData(groups, (file) => writtenPath(folder, file));
  const shown = shellPath(folder);
  const draft: PipelineDraft = { name: makeName(path.basename(folder)), sources };
  const files = writePipelineFiles(draft, { own: terminal.own, folder: shown });
  // What is written must be valid: better no folder than one that does not work.
  compilePipeline({ v: 1, pipeline: draft.name, baseDir: folder, files });
  await mkdir(path.join(folder, 'models'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(folder, name), text, { flag: 'wx' });
  }
  const first = sources[0]?.tables[0]?.model ?? draft.name;
  const next = [
    `${terminal.own} run ${shown} --wait`,
    `${terminal.own} query ${shown} "SELECT * FROM ${first}_latest LIMIT 10"`,
  ];
  if (terminal.json) {
    terminal.printJson({
      pipeline: draft.name,
      folder,
      files: Object.keys(files),
      left_out: leftOut.map((file) => file.path),
      next_commands: next,
    });
    return;
  }
  const tables = sources.flatMap((source) => source.tables);
  const columns = tables.reduce((total, table) => total + table.columns.length, 0);
  terminal.print(
    `Wrote the pipeline ${draft.name} into ${shown}: ` +
      [plural(sources.length, 'source'), plural(tables.length, 'table'), plural(columns, 'column')].join(
        ', ',
      ),
    ...Object.keys(files).map((name) => `  ${name}`),
    ...leftOut.map(({ path: file, reason }) => `left out ${shellPath(file)}: ${reason}`),
    '',
    'Next:',
    ...next.map((command) => `  ${command}`),
  );
}

async function refuseToOverwrite(folder: string): Promise<void> {
  const existing = await readdir(folder).catch(() => []);
  if (existing.length === 0) return;
  throw fail('usage', {
    message: 'The folder is not empty, and init does not overwrite anything.',
    where: folder,
    hint: 'Name a folder that does not exist yet.',
  });
}

/** Relative for data inside the working directory, which moves with the pipeline; absolute for data elsewhere. */
function writtenPath(folder: string, file: string): string {
  const isInside = !path.relative(process.cwd(), file).startsWith('..');
  return isInside ? path.relative(folder, file) : file;
}
