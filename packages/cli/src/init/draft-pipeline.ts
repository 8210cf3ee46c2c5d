import { compileModels } from '@millrace/shared/adapters/model-sql';
import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { examineFile } from '@millrace/sources/infer/examine-file';

import type { FoundFile } from './data-files.ts';
import type { PipelineDraft } from './draft.ts';
import { groupFiles, type LeftOut } from './group-files.ts';
import { writePipelineFiles } from './pipeline-text.ts';
import { surveyData } from './survey-data.ts';

/** As much as a run should lose before somebody looks at it. */
const USUAL_REJECT_RATIO = 0.05;

/**
 * Makes a pipeline for the files: one source for each group of them, one model for each table. Reads the data and writes
 * nothing. Throws `usage` when none of it is data.
 */
export async function draftPipeline(
  name: string,
  files: readonly FoundFile[],
): Promise<{ draft: PipelineDraft; leftOut: readonly LeftOut[] }> {
  const { groups, leftOut: noData } = await groupFiles(files, examineFile);
  const { sources, leftOut } = await surveyData(groups, noData);
  const draft = { name, sources, maxRejectRatio: USUAL_REJECT_RATIO };
  await checkModels(draft);
  return { draft, leftOut };
}

/** Binds the models to their tables, so that what cannot work is an error now. Throws `model_invalid`. */
async function checkModels(draft: PipelineDraft): Promise<void> {
  const files = writePipelineFiles(draft, { own: 'millrace', folder: draft.name });
  const { models, sources } = compilePipeline({ v: 1, pipeline: draft.name, baseDir: '/', files });
  const tables = sources.flatMap((source) => source.tables);
  await compileModels({
    models,
    tables: tables.map((table) => ({ ...table, columns: table.columns ?? [] })),
  });
}
