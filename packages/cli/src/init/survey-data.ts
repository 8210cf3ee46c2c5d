import path from 'node:path';

import { DEFAULT_DECODING } from '@millrace/shared/core/decoding';
import { fail, isMillraceError } from '@millrace/shared/core/errors';
import { LEDGER_PREFIX } from '@millrace/shared/core/ledger-schema';
import type { Source, SourceType, TableDeclaration } from '@millrace/shared/core/pipeline';
import { proposeChildTables } from '@millrace/sources/infer/propose-child-tables';
import { sampleTable } from '@millrace/sources/plan/sample-table';
import { surveySource } from '@millrace/sources/plan/survey-source';
import { listRelations } from '@millrace/sources/sqlite/describe-relation';
import type { SourceValue } from '@millrace/sources/source-value';

import { subjectOf, type FileGroup } from './data-files.ts';
import { createNames, makeName, stagedName, type SourceDraft, type TableDraft } from './draft.ts';
import { draftTables } from './draft-tables.ts';

/** Sources for the data, and the files that gave none, each with the reason. */
interface Survey {
  readonly sources: readonly SourceDraft[];
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Looks at the data and drafts sources with tables and columns for it. A folder may hold an empty file or a text that
 * is no table: files without data are left out, unless there are no others.
 * @throws what reading the data throws
 */
export async function surveyData(
  groups: readonly FileGroup[],
  writtenPath: (file: string) => string,
): Promise<Survey> {
  const unique = { source: createNames(), model: createNames() };
  const sources: SourceDraft[] = [];
  const leftOut: Survey['leftOut'][number][] = [];
  for (const group of groups) {
    const context = { group, unique, path: writtenPath(group.path) };
    try {
      sources.push(...(group.type === 'json' ? await surveyJson(context) : [await surveyTyped(context)]));
    } catch (error) {
      const reason = isMillraceError(error) ? NO_DATA[error.code] : undefined;
      if (reason === undefined) throw error;
      leftOut.push({ path: group.path, reason });
    }
  }
  const [first] = leftOut;
  if (sources.length > 0 || first === undefined) return { sources, leftOut };
  throw fail('usage', {
    message: `No table can be made of this data: ${first.reason}.`,
    where: first.path,
    hint: 'Give files with records, or write the pipeline by hand: docs/pipeline.md.',
  });
}

/** In words that do not speak of a pipeline.yml, which there is none of yet. */
const NO_DATA: Readonly<Record<string, string>> = {
  input_empty: 'it is empty',
  schema_mismatch: 'no records with columns were found in it',
  file_format: 'it is not of the format that its name says',
};

interface SurveyContext {
  readonly group: FileGroup;
  readonly path: string;
  readonly unique: {
    readonly source: (wanted: string) => string;
    readonly model: (wanted: string) => string;
  };
}

/** Sources whose tables and columns follow from the files themselves: CSV, SQLite, Parquet. */
async function surveyTyped({ group, path: written, unique }: SurveyContext): Promise<SourceDraft> {
  const subject = makeName(subjectOf(group.path));
  const relations = group.type === 'sqlite' ? await tablesOfDatabase(group.files[0] ?? group.path) : [null];
  const wanted = relations.map((relation) => ({
    model: unique.model(relation === null ? subject : makeName(relation)),
    each: null,
    relation,
    columns: [],
  }));
  const source = sourceOf(group.type, group.path, wanted.map(declare));
  const { tables } = await surveySource(source, path.dirname(group.path), 0);
  const tablesWithColumns = wanted.map((table, index) => ({
    ...table,
    columns: tables[index]?.columns ?? [],
  }));
  return {
    name: unique.source(subject),
    type: group.type,
    path: written,
    records: null,
    tables: tablesWithColumns,
  };
}

/** Without those that millrace keeps in a destination, which may be the source of another pipeline. */
async function tablesOfDatabase(file: string): Promise<string[]> {
  return (await listRelations(file)).filter((table) => !table.startsWith(LEDGER_PREFIX));
}

/** JSON: the records are found first, at the top of the files or in arrays inside one document per file. */
async function surveyJson({ group, path: written, unique }: SurveyContext): Promise<SourceDraft[]> {
  const subject = makeName(subjectOf(group.path));
  const probe = sourceOf('json', group.path, [
    declare({ model: subject, each: null, relation: null, columns: [] }),
  ]);
  const { inputs } = await surveySource(probe, path.dirname(group.path), 0);
  const samples = await sampleTable(probe, { each: null }, inputs);
  if (samples.length === 0) throw noRecords(group);
  const arrays = samples.length === inputs.length && !isLineFile(group) ? proposeChildTables(samples) : [];
  const draft = (
    name: string,
    records: SourceDraft['records'],
    rows: readonly SourceValue[],
  ): SourceDraft => {
    const tables = draftTables(name, rows, unique.model);
    return { name: unique.source(name), type: 'json', path: written, records, tables };
  };
  if (arrays.length === 0) return [draft(subject, null, samples)];
  return arrays.map(({ each, samples: rows }) =>
    draft(arrays.length === 1 ? subject : makeName(each.at(-1) ?? subject), each, rows),
  );
}

/** A line per record by name, even when there is only one line. */
function isLineFile({ path: file }: FileGroup): boolean {
  return /\.(jsonl|ndjson)(\.\w+)?$/i.test(file);
}

function noRecords({ path: file }: FileGroup): Error {
  return fail('schema_mismatch', {
    message: 'No record could be read from this file.',
    where: file,
    hint: 'Its records may be deep inside one large document: write the pipeline by hand, with `records:` naming their path.',
  });
}

function declare(table: TableDraft): TableDeclaration {
  return {
    name: stagedName(table),
    key: [],
    each: null,
    columns: null,
    query: null,
    relation: table.relation ?? stagedName(table),
    cursor: null,
  };
}

function sourceOf(type: SourceType, file: string, tables: readonly TableDeclaration[]): Source {
  const csv = type === 'csv' ? { delimiter: null, quote: '"', header: true, nulls: [] } : null;
  return {
    name: 'init',
    type,
    path: file,
    records: null,
    csv,
    decoding: DEFAULT_DECODING,
    allowEmpty: false,
    followSymlinks: false,
    tables,
  };
}
