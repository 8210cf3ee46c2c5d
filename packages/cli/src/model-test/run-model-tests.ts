import { readPipelineFolder } from '@millrace/shared/adapters/pipeline-folder';
import { isMillraceError, toErrorRecord } from '@millrace/shared/core/errors';

import type { EndedModelTest } from '../core/model-test-report.ts';
import { readModelTests } from './read-tests.ts';
import { runModelTest } from './run-model-test.ts';
import { readTestedPipeline } from './tested-pipeline.ts';

/**
 * Runs the tests of a pipeline folder, one after another.
 * @param model null means all of them
 * @throws what keeps the tests from being run; what ends one test is in its result
 */
export async function runModelTests(folder: string, model: string | null): Promise<EndedModelTest[]> {
  const pipeline = await readTestedPipeline(await readPipelineFolder(folder));
  const models = pipeline.models.map((compiled) => compiled.model.name);
  const tests = await readModelTests(folder, { models, only: model });
  const ended: EndedModelTest[] = [];
  for (const test of tests) {
    const startedAt = performance.now();
    const durationMs = () => Math.round(performance.now() - startedAt);
    try {
      const result = await runModelTest(pipeline, test);
      ended.push({ test, durationMs: durationMs(), result, error: null });
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      ended.push({ test, durationMs: durationMs(), result: null, error: toErrorRecord(error) });
    }
  }
  return ended;
}
