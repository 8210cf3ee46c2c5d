import { fail, isMillraceError } from '@millrace/shared/core/errors';

import { createModelNames, createNames, makeName, type SourceDraft } from './draft.ts';
import type { FileGroup, LeftOut } from './group-files.ts';
import { surveyCsv } from './survey-csv.ts';
import { surveyJson } from './survey-json.ts';
import { surveyParquet } from './survey-parquet.ts';
import { surveySqlite } from './survey-sqlite.ts';

/** Sources for the data, and what gave none, each with the reason. */
interface Survey {
  readonly sources: readonly SourceDraft[];
  readonly leftOut: readonly LeftOut[];
}

const SURVEY_OF = { json: surveyJson, csv: surveyCsv, sqlite: surveySqlite, parquet: surveyParquet } as const;

/**
 * Looks at the data and drafts sources with tables and columns for it. Files that hold no data are left out, unless there
 * are no others. Throws what reading throws.
 */
export async function surveyData(
  groups: readonly FileGroup[],
  alreadyOut: readonly LeftOut[],
): Promise<Survey> {
  const unique = { source: createNames(), model: createModelNames() };
  const sources: SourceDraft[] = [];
  const leftOut: LeftOut[] = [...alreadyOut];
  for (const group of groups) {
    const subject = makeName(group.subject.replaceAll(/[*?]/g, ' '));
    const context = {
      group,
      subject,
      unique,
      blank: blankSource(group),
      leaveOut: (what: LeftOut) => void leftOut.push(what),
    };
    try {
      sources.push(...(await SURVEY_OF[group.type](context)));
    } catch (error) {
      if (!isMillraceError(error) || !NO_DATA.has(error.code)) throw error;
      leftOut.push({ path: group.path, reason: lowerFirst(error.message) });
    }
  }
  const [first] = leftOut;
  if (sources.length > 0 || first === undefined) return { sources, leftOut };
  throw fail('usage', {
    message: `No table can be made of this data: ${first.reason.replace(/\.$/, '')}.`,
    where: first.path,
    hint: 'Give files with records, or write the pipeline by hand: docs/pipeline.md.',
  });
}

const NO_DATA: ReadonlySet<string> = new Set([
  'input_empty',
  'schema_mismatch',
  'file_format',
  'file_unreadable',
]);

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function blankSource({ type, path, encoding }: FileGroup): SourceDraft {
  return {
    name: 'init',
    type,
    path,
    encoding: encoding === 'utf-8' ? null : encoding,
    records: null,
    header: true,
    nulls: [],
    notes: [],
    tables: [],
  };
}
