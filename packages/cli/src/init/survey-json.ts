import { guessColumns, type ColumnGuess } from '@millrace/sources/infer/guess-columns';
import { findIdentifier, guessKey } from '@millrace/sources/infer/guess-key';
import { inferredColumn } from '@millrace/sources/infer/fitting-type';
import { recordArraysIn } from '@millrace/sources/infer/find-record-arrays';
import { saysIdentifier } from '@millrace/sources/infer/name-words';
import { proposeChildTables, type ChildTable } from '@millrace/sources/infer/propose-child-tables';

import { createNames, makeName, type SourceDraft, type TableDraft } from './draft.ts';
import {
  blankTable,
  describeSample,
  describeUnreadable,
  sampleDraft,
  type DraftSample,
} from './sample-draft.ts';
import type { SurveyContext } from './survey-context.ts';

/** JSON: records are found first, at the top of the files or in arrays inside one document per file. */
export async function surveyJson(context: SurveyContext): Promise<SourceDraft[]> {
  const { blank, subject } = context;
  const top: SourceDraft = { ...blank, tables: [blankTable()] };
  const sample = await sampleDraft(top);
  const arrays = isDocuments(context, sample) ? await arraysOfAll(sample) : [];
  if (arrays.length === 0) return [draftSource(context, top, subject, sample)];
  const sources: SourceDraft[] = [];
  for (const records of arrays) {
    const inside: SourceDraft = { ...top, records };
    const name = arrays.length === 1 ? subject : makeName(records.at(-1) ?? subject);
    sources.push(draftSource(context, inside, name, await sampleDraft(inside)));
  }
  return sources;
}

/**
 * Whether each file is one value around the records, rather than a record. Of several files with an id in each the
 * values are the records: one order per file, say, with its items.
 */
function isDocuments({ group }: SurveyContext, sample: DraftSample): boolean {
  if (sample.recordsRead !== sample.partsRead || isLineFile(group.path)) return false;
  if (group.files.length === 1) return true;
  return !guessColumns(sample.values, 'json').some(
    ({ column }) => column.path.steps.length === 1 && saysIdentifier(column.name),
  );
}

/** A line per record by name, even when there is only one line. */
function isLineFile(file: string): boolean {
  return /\.(jsonl|ndjson)(\.\w+)?$/i.test(file);
}

/** Files in which arrays are looked for. */
const MOST_WALKED = 10;

/** Arrays that all documents have: a source reads the same path in each of its files. */
async function arraysOfAll({ inputs, source }: DraftSample): Promise<(readonly string[])[]> {
  let common: (readonly string[])[] | null = null;
  for (const input of inputs.slice(0, MOST_WALKED)) {
    const arrays = await recordArraysIn(input, source.decoding);
    const paths = new Set(arrays.map((keys) => JSON.stringify(keys)));
    common = common === null ? [...arrays] : common.filter((keys) => paths.has(JSON.stringify(keys)));
  }
  return common ?? [];
}

function draftSource(
  { unique }: SurveyContext,
  source: SourceDraft,
  name: string,
  sample: DraftSample,
): SourceDraft {
  const sourceName = unique.source(name);
  const children = proposeChildTables(sample.values);
  const nested = new Set(children.map(({ each }) => JSON.stringify(each)));
  const guesses = guessColumns(sample.values, 'json').filter(
    ({ column }) => !nested.has(JSON.stringify(column.path.steps)),
  );
  const columns = guesses.map(({ column }) => column);
  const record: TableDraft = {
    model: unique.model(name, sourceName),
    each: null,
    relation: null,
    key: guessKey(name, columns, sample.values),
    columns: guesses,
    notes: [`Types from ${describeSample(sample, 'record')}.`],
  };
  const identifier = findIdentifier(columns, sample.values);
  return {
    ...source,
    name: sourceName,
    notes: describeUnreadable(sample),
    tables: [
      ...(guesses.length > 0 ? [record] : []),
      ...children.map((child) => childTable(child, name, identifier, unique.model)),
    ],
  };
}

function childTable(
  { each, samples, misfits }: ChildTable,
  name: string,
  identifier: ReturnType<typeof findIdentifier>,
  uniqueModel: (wanted: string) => string,
): TableDraft {
  const place = each.join('.');
  return {
    model: uniqueModel(makeName(`${name}_${each.at(-1) ?? 'elements'}`)),
    each,
    relation: null,
    key: [],
    columns: childColumns(name, identifier, guessColumns(samples, 'json')),
    notes: [
      `One row per element of ${place}; ^ reads the record around it. Types from ${samples.length} elements.`,
      ...(misfits > 0
        ? [`${misfits} of the records have something else in ${place}: they will be rejected.`]
        : []),
    ],
  };
}

function childColumns(
  record: string,
  identifier: ReturnType<typeof findIdentifier>,
  own: readonly ColumnGuess[],
): ColumnGuess[] {
  const unique = createNames();
  const ownNames = new Set(own.map(({ column }) => column.name.toLowerCase()));
  const free = (wanted: string, other: string): string =>
    unique(ownNames.has(wanted.toLowerCase()) ? other : wanted);
  const reference =
    identifier === null
      ? []
      : [
          {
            ...identifier,
            name: free(identifier.name, makeName(`${record}_${identifier.name}`)),
            path: { from: 'parent', steps: identifier.path.steps } as const,
          },
        ];
  const position = {
    ...inferredColumn(free('position', 'position_in_array'), [], { kind: 'integer' }),
    path: { from: 'index', steps: [] } as const,
  };
  return [
    ...[...reference, position].map((column) => ({ column, note: null })),
    ...own.map(({ column, note }) => ({ column: { ...column, name: unique(column.name) }, note })),
  ];
}
