import { isMillraceError } from '@millrace/shared/core/errors';
import { guessKey } from '@millrace/sources/infer/guess-key';
import { guessParquetColumns } from '@millrace/sources/infer/guess-parquet-columns';
import { describeParquet } from '@millrace/sources/parquet/describe-parquet';

import type { SourceDraft } from './draft.ts';
import { blankTable, sampleDraft } from './sample-draft.ts';
import type { SurveyContext } from './survey-context.ts';

/** Parquet: the columns are those that the files declare. Files that disagree about a type become a source each. */
export async function surveyParquet(context: SurveyContext): Promise<SourceDraft[]> {
  const { group } = context;
  try {
    return [await surveyFiles(context)];
  } catch (error) {
    if (group.files.length === 1 || !isMillraceError(error) || error.code !== 'schema_mismatch') throw error;
    const sources: SourceDraft[] = [];
    for (const file of group.files) {
      const blank = { ...context.blank, path: file };
      sources.push(await surveyFiles({ ...context, blank, group: { ...group, path: file, files: [file] } }));
    }
    return sources;
  }
}

async function surveyFiles({ group, blank, subject, unique }: SurveyContext): Promise<SourceDraft> {
  const schemas = [];
  for (const file of group.files) schemas.push({ fileName: file, columns: await describeParquet(file) });
  const { columns, leftOut } = guessParquetColumns(schemas);
  const sample = await sampleDraft(
    { ...blank, tables: [blankTable()] },
    { records: 10_000, rowsPerPart: 20_000 },
  );
  const name = unique.source(subject);
  const notes = [
    'Types as the files declare them.',
    ...(leftOut.length > 0 ? [`Left out, because no table takes bytes: ${leftOut.join(', ')}.`] : []),
  ];
  const own = columns.map((column) => ({ column, note: null }));
  const key = sample.isWhole ? guessKey(subject, columns, sample.values) : [];
  const table = { model: unique.model(subject, name), each: null, relation: null, key, columns: own, notes };
  return { ...blank, name, tables: [table] };
}
