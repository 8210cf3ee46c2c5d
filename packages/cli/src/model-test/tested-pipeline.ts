import { compileModels } from '@millrace/shared/adapters/model-sql';
import type { Bundle } from '@millrace/shared/contracts/bundle-v1';
import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { duckdbType } from '@millrace/shared/core/column-type';
import { fail, isMillraceError } from '@millrace/shared/core/errors';
import type { Column, Source } from '@millrace/shared/core/pipeline';

import type { TestedPipeline } from './run-model-test.ts';

interface TypedTable {
  readonly name: string;
  readonly columns: readonly Column[];
}

/**
 * What the tests of a pipeline need to know of it. The data is looked at only for tables that do not declare their
 * columns. Throws what is wrong with the pipeline or its models.
 */
export async function readTestedPipeline(bundle: Bundle): Promise<TestedPipeline> {
  const pipeline = compilePipeline(bundle);
  const tables: TypedTable[] = [];
  for (const source of pipeline.sources) tables.push(...(await typedTables(source, bundle.baseDir)));
  const models = await compileModels({ models: pipeline.models, tables });
  const schemas = tables.map(({ name, columns }) => ({
    name,
    columns: columns.map((column) => ({ name: column.name, type: duckdbType(column.type) })),
  }));
  return { tables: schemas, models };
}

async function typedTables(source: Source, baseDir: string): Promise<readonly TypedTable[]> {
  const declared = source.tables.flatMap(({ name, columns }) =>
    columns === null ? [] : [{ name, columns }],
  );
  if (declared.length === source.tables.length) return declared;
  try {
    // It brings all readers along.
    const { surveySource } = await import('@millrace/sources/plan/survey-source');
    return (await surveySource(source, baseDir)).tables;
  } catch (error) {
    if (!isMillraceError(error) || error.code !== 'input_not_found') throw error;
    const open = source.tables.find(({ columns }) => columns === null)?.name ?? '';
    throw fail(error.code, {
      message: `${error.message} Its columns are needed to test models, and '${open}' does not declare them.`,
      where: error.where,
      hint: `Declare the columns of '${open}' in pipeline.yml, or put the data there.`,
      cause: error,
    });
  }
}
