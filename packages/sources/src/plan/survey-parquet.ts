import { readFooterRows } from '@millrace/shared/adapters/parquet-footer';
import { knownContent, type KnownFiles } from '@millrace/shared/core/known-file';
import type { Column, Source, TableDeclaration } from '@millrace/shared/core/pipeline';
import type { PlannedInput, StagedTable } from '@millrace/shared/core/plan';

import { statListed } from '../discover/open-input.ts';
import { columnsFromParquet, type ParquetSchema } from '../infer/columns-from-parquet.ts';
import { inferColumns } from '../infer/infer-columns.ts';
import { describeParquet } from '../parquet/describe-parquet.ts';
import { filePartitions, type WeighedSlice } from './group-slices.ts';
import { hashUnlessKnown } from './hash-unless-known.ts';
import { sampleTable } from './sample-table.ts';
import type { SourceSurvey, SurveyedFile } from './source-survey.ts';
import { stageTable } from './stage-table.ts';

/** Survey of a Parquet source. A file is read whole: its rows have no byte ranges. */
export async function surveyParquet(
  source: Source,
  files: readonly SurveyedFile[],
  known: KnownFiles,
  signal: AbortSignal,
): Promise<SourceSurvey> {
  const inputs: PlannedInput[] = [];
  for (const file of files) {
    const facts = await statListed(file.path);
    inputs.push({
      source: source.name,
      ...file,
      ...facts,
      ...(await hashUnlessKnown(knownContent(known, file.path, facts), file.path, signal)),
      inUse: false,
      compression: 'none',
      layout: { kind: 'parquet' },
    });
  }
  const tables: StagedTable[] = [];
  for (const table of source.tables)
    tables.push(stageTable(source, table, table.columns ?? (await findColumns(source, table, inputs))));
  const slices: WeighedSlice[] = [];
  for (const [index, { name: file, path, sizeBytes: bytes }] of inputs.entries()) {
    const records = (await readFooterRows(path)) ?? undefined;
    const whole = { start: 0, end: null, firstLine: 1, firstRecord: 1, records };
    slices.push({ file, slice: { input: index, ...whole }, bytes });
  }
  return {
    inputs,
    tables,
    partitions: filePartitions(source, slices),
  };
}

/** Of an `each` table they are told from its elements: DuckDB says what the record has, not what an array has. */
async function findColumns(
  source: Source,
  table: TableDeclaration,
  inputs: readonly PlannedInput[],
): Promise<Column[]> {
  if (table.each !== null) return inferColumns(await sampleTable(source, table, inputs), 'json');
  const schemas: ParquetSchema[] = [];
  for (const { path, name } of inputs) schemas.push({ fileName: name, columns: await describeParquet(path) });
  return columnsFromParquet(schemas);
}
