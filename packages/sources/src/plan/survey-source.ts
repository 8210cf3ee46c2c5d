import path from 'node:path';

import type { KnownFiles } from '@millrace/shared/core/known-file';
import type { Source } from '@millrace/shared/core/pipeline';

import { NO_WATERMARKS, type CursorPlanning } from './cursor-planning.ts';
import { listFiles } from '../discover/list-files.ts';
import type { SourceSurvey } from './source-survey.ts';
import { surveyParquet } from './survey-parquet.ts';
import { surveySqlite } from './survey-sqlite.ts';
import { surveyText } from './survey-text.ts';

const NEVER = new AbortController().signal;

/**
 * Lists, fingerprints and cuts the files of a source, and finds the columns of tables that do not declare them.
 * @param known files as an earlier survey with the same options found them; those that are the same are not read whole
 * @param cursors what has been published of tables that are read by a cursor
 * @param signal ends the survey, which then throws its reason
 */
export async function surveySource(
  source: Source,
  baseDir: string,
  known: KnownFiles = new Map(),
  cursors: CursorPlanning = NO_WATERMARKS,
  signal: AbortSignal = NEVER,
): Promise<SourceSurvey> {
  const files = (await listFiles(source, baseDir)).map(({ path: file, foundAs }) => ({
    path: file,
    name: displayName(baseDir, foundAs),
  }));
  switch (source.type) {
    case 'json':
    case 'csv':
      return surveyText(source, files, known, signal);
    case 'sqlite':
      return surveySqlite(source, files, known, cursors, signal);
    case 'parquet':
      return surveyParquet(source, files, known, signal);
  }
}

/** Relative where the file is below the pipeline folder, else absolute: `../../..` helps nobody. */
function displayName(baseDir: string, file: string): string {
  const relative = path.relative(baseDir, file);
  return relative.startsWith('..') ? file : relative;
}
