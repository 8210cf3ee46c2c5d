import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { hasErrno } from '@millrace/shared/adapters/durable-file';
import { parseModelTests } from '@millrace/shared/contracts/model-test-file';
import type { ModelTest } from '@millrace/shared/core/model-test';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';

const TESTS_FOLDER = 'tests';

export interface WantedTests {
  /** Names of all models of the pipeline. */
  readonly models: readonly string[];
  /** The model whose tests are wanted; null for all. */
  readonly only: string | null;
}

/**
 * Reads `tests/*.yml` of a pipeline folder, in the order of their names. Throws `pipeline_invalid` with file and line,
 * also when there is no test: a step that tests nothing must not look like one that passed.
 */
export async function readModelTests(folder: string, { models, only }: WantedTests): Promise<ModelTest[]> {
  const found: ModelTest[] = [];
  if (only !== null && !models.includes(only)) throw unknownModel(only, models, folder);
  for (const name of await listTestFiles(path.join(folder, TESTS_FOLDER))) {
    const file = `${TESTS_FOLDER}/${name}`;
    const { model, tests } = parseModelTests(await readFile(path.join(folder, file), 'utf8'), file);
    if (!models.includes(model)) throw unknownModel(model, models, file);
    if (only === null || only === model) found.push(...tests);
  }
  if (found.length > 0) return found;
  throw fail('pipeline_invalid', {
    message: `There are no tests of ${only === null ? 'the models of this pipeline' : `model '${only}'`}.`,
    where: path.join(folder, TESTS_FOLDER),
    hint: `Write ${TESTS_FOLDER}/${only ?? '<model>'}.yml: see docs/testing-models.md.`,
  });
}

function unknownModel(name: string, models: readonly string[], where: string): Error {
  return fail('pipeline_invalid', {
    message: `There is no model '${name}' to test.${didYouMean(name, models)}`,
    where,
    hint: `Models: ${models.join(', ')}.`,
  });
}

async function listTestFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
