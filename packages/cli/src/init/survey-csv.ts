import { guessColumns, type ColumnGuess } from '@millrace/sources/infer/guess-columns';
import { guessKey } from '@millrace/sources/infer/guess-key';
import { guessHeader, guessNulls } from '@millrace/sources/infer/guess-csv';

import type { SourceDraft } from './draft.ts';
import {
  blankTable,
  describeSample,
  describeUnreadable,
  sampleDraft,
  type DraftSample,
} from './sample-draft.ts';
import type { SurveyContext } from './survey-context.ts';

/** CSV: whether there is a header and which words mean null is told from the records, which are then read anew. */
export async function surveyCsv({ group, blank, subject, unique }: SurveyContext): Promise<SourceDraft[]> {
  const named: SourceDraft = { ...blank, tables: [blankTable({}, group.fields[0])] };
  const first = await sampleDraft(named);
  const header = guessHeader(headerOf(first), first.values);
  const unnamed: SourceDraft = { ...named, header, tables: [blankTable({}, 'column_1')] };
  const withHeader = header ? first : await sampleDraft(unnamed);
  const nulls = guessNulls(withHeader.values);
  const sample =
    nulls.length === 0 ? withHeader : await sampleDraft({ ...(header ? named : unnamed), nulls });
  const columns = columnsOf(sample);
  const name = unique.source(subject);
  const table = {
    model: unique.model(subject, name),
    each: null,
    relation: null,
    key: guessKey(
      subject,
      columns.map(({ column }) => column),
      sample.values,
    ),
    columns,
    notes: [`Types from ${describeSample(sample, 'record')}.`],
  };
  return [{ ...named, name, header, nulls, notes: describeUnreadable(sample), tables: [table] }];
}

function headerOf({ inputs }: DraftSample): readonly string[] {
  const layout = inputs[0]?.layout;
  return layout?.kind === 'csv' ? layout.header : [];
}

/** In the order of the file; objects would put names such as 2024 first. */
function columnsOf(sample: DraftSample): ColumnGuess[] {
  const header = headerOf(sample);
  // A file that has no records yet still says what its columns are called.
  const records =
    sample.values.length > 0 ? sample.values : [Object.fromEntries(header.map((name) => [name, null]))];
  const position = ({ column }: ColumnGuess) => {
    const index = header.indexOf(String(column.path.steps[0]));
    return index === -1 ? Infinity : index;
  };
  return guessColumns(records, 'csv').sort((one, other) => position(one) - position(other) || 0);
}
