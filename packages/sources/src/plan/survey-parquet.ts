import type { Source } from '@millrace/shared/core/pipeline';
import type { PlannedInput, StagedTable } from '@millrace/shared/core/plan';
import { hashFile } from '@millrace/shared/adapters/durable-file';

import { statInput } from '../discover/open-input.ts';
import { columnsFromParquet } from '../infer/columns-from-parquet.ts';
import { describeParquet } from '../parquet/describe-parquet.ts';
import { groupSlices } from './group-slices.ts';
import type { SourceSurvey, SurveyedFile } from './source-survey.ts';

/** Survey of a Parquet source. A file is read whole: its rows have no byte ranges. */
export async function surveyParquet(
  source: Source,
  files: readonly SurveyedFile[],
  firstInput: number,
): Promise<SourceSurvey> {
  const inputs: PlannedInput[] = [];
  for (const file of files) {
    const facts = await statInput(file.path);
    const { sha256 } = await hashFile(file.path);
    inputs.push({
      source: source.name,
      ...file,
      ...facts,
      sha256,
      compression: 'none',
      layout: { kind: 'parquet' },
    });
  }
  const tables: StagedTable[] = [];
  for (const { name, key, each, columns, query, relation } of source.tables) {
    const first = files[0];
    const found =
      columns ?? (first === undefined ? [] : columnsFromParquet(await describeParquet(first.path)));
    tables.push({
      name,
      source: source.name,
      key,
      each,
      columns: found,
      inferred: columns === null,
      query,
      relation,
    });
  }
  const slices = inputs.map((input, index) => ({
    slice: { input: firstInput + index, start: 0, end: null, firstLine: 1, firstRecord: 1 },
    bytes: input.sizeBytes,
  }));
  return {
    inputs,
    tables,
    partitions: groupSlices(slices).map((group) => ({
      source: source.name,
      tables: source.tables.map((table) => table.name),
      table: null,
      read: { kind: 'files', slices: group },
    })),
  };
}
