import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';

import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { fail } from '@millrace/shared/core/errors';

import { createCommand, type CommandContext } from '../command.ts';
import { findDataFiles } from '../init/data-files.ts';
import { makeName, type PipelineDraft } from '../init/draft.ts';
import { renderInit, reportInit } from '../init/init-report.ts';
import { writePipelineFiles } from '../init/pipeline-text.ts';
import { shellPath } from '../own-command.ts';

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
  const found = (await findDataFiles(from)).filter((file) => !isInside(folder, file.path));
  // It brings all readers along.
  const { draftPipeline } = await import('../init/draft-pipeline.ts');
  const { draft, leftOut } = await draftPipeline(makeName(path.basename(folder)), found);
  const shown = shellPath(folder);
  const files = writePipelineFiles(placed(draft, folder), { own: terminal.own, folder: shown });
  // What is written must be valid: better no folder than one that does not work.
  compilePipeline({ v: 1, pipeline: draft.name, baseDir: folder, files });
  await mkdir(path.join(folder, 'models'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(folder, name), text, { flag: 'wx' });
  }
  const report = { draft, leftOut, folder, shown, files: Object.keys(files), own: terminal.own };
  if (terminal.json) terminal.printJson(reportInit(report));
  else terminal.print(...renderInit(report, terminal));
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`);
}

/** With paths as they are written: relative for data that moves with the pipeline, absolute for data elsewhere. */
function placed(draft: PipelineDraft, folder: string): PipelineDraft {
  return {
    ...draft,
    sources: draft.sources.map((source) => ({ ...source, path: writtenPath(folder, source.path) })),
  };
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
  return isInside(process.cwd(), file) ? path.relative(folder, file) : file;
}
