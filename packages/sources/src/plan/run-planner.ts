import { compileModels } from '@millrace/shared/adapters/model-sql';
import type { Bundle } from '@millrace/shared/contracts/bundle-v1';
import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { buildTasks } from '@millrace/shared/core/build-tasks';
import type { Plan } from '@millrace/shared/core/plan';
import { CODE_VERSION } from '@millrace/shared/runtime/version';

import { checkTimeFormats } from './check-time-formats.ts';
import { surveySource } from './survey-source.ts';

export interface PlanWish {
  readonly bundle: Bundle;
  /** Content hash of the bundle. */
  readonly bundleHash: string;
  readonly run: string;
  readonly plannedAt: string;
}

/**
 * Looks at all sources and decides everything a run will do. Reads the sources, writes nothing: `millrace plan` and
 * the extractor use the same function. Throws errors of configuration with file and line, and of inputs with path.
 */
export async function planRun(wish: PlanWish): Promise<Plan> {
  const { bundle } = wish;
  const pipeline = compilePipeline(bundle);
  const inputs: Plan['inputs'][number][] = [];
  const tables: Plan['tables'][number][] = [];
  const partitions: Parameters<typeof buildTasks>[0][number][] = [];
  for (const source of pipeline.sources) {
    checkTimeFormats(source);
    const survey = await surveySource(source, bundle.baseDir, inputs.length);
    // One at a time: a source may have more files than a call may have arguments.
    for (const input of survey.inputs) inputs.push(input);
    for (const partition of survey.partitions) partitions.push(partition);
    tables.push(...survey.tables);
  }
  const compiled = await compileModels({ models: pipeline.models, tables });
  const models = compiled.map(({ model }) => model);
  return {
    v: 1,
    run: wish.run,
    pipeline: pipeline.name,
    bundle: wish.bundleHash,
    baseDir: bundle.baseDir,
    codeVersion: CODE_VERSION,
    plannedAt: wish.plannedAt,
    batch: pipeline.batch,
    rejects: pipeline.rejects,
    inputs,
    sources: pipeline.sources.map(({ name, type, records, csv, decoding }) => ({
      name,
      type,
      records,
      csv,
      decoding,
    })),
    tables,
    models,
    destinations: pipeline.destinations,
    tasks: buildTasks(partitions, models, pipeline.destinations),
  };
}
