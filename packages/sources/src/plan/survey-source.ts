import path from 'node:path';

import type { Partition } from '@millrace/shared/core/build-tasks';
import type { Source } from '@millrace/shared/core/pipeline';
import type { PlannedInput, StagedTable } from '@millrace/shared/core/plan';

import { listFiles } from '../discover/list-files.ts';
import { surveyParquet } from './survey-parquet.ts';
import { surveySqlite } from './survey-sqlite.ts';
import { surveyText } from './survey-text.ts';

/** What planning found out about a source. */
export interface SourceSurvey {
  readonly inputs: readonly PlannedInput[];
  readonly tables: readonly StagedTable[];
  readonly partitions: readonly Partition[];
}

export interface SurveyedFile {
  readonly path: string;
  /** As shown to people. */
  readonly name: string;
}

/**
 * Lists, fingerprints and cuts the files of a source, and finds the columns of tables that do not declare them.
 * @param firstInput index that the source's first input gets in the plan
 */
export async function surveySource(
  source: Source,
  baseDir: string,
  firstInput: number,
): Promise<SourceSurvey> {
  const files = (await listFiles(source, baseDir)).map((file) => ({
    path: file,
    name: displayName(baseDir, file),
  }));
  switch (source.type) {
    case 'json':
    case 'csv':
      return surveyText(source, files, firstInput);
    case 'sqlite':
      return surveySqlite(source, files, firstInput);
    case 'parquet':
      return surveyParquet(source, files, firstInput);
  }
}

/** Relative where the file is below the pipeline folder, else absolute: `../../..` helps nobody. */
function displayName(baseDir: string, file: string): string {
  const relative = path.relative(baseDir, file);
  return relative.startsWith('..') ? file : relative;
}
