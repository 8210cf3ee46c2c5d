import type { Column } from '@millrace/shared/core/pipeline';
import type { StagedTable } from '@millrace/shared/core/plan';

import { compilePath, isSourceObject, WrongTurn } from '../judge/read-path.ts';
import { describeValue } from '../judge/describe-value.ts';
import type { RecordContent } from '../source-record.ts';
import type { SourceValue } from '../source-value.ts';

/** What sampled records have for a column. */
export interface ColumnSample {
  readonly column: string;
  /** Some different values, as people are shown them. */
  readonly examples: readonly string[];
  /** Sampled rows with a value, null included, at the column's path. */
  readonly found: number;
  /** Those of them that are null. */
  readonly nulls: number;
}

const MAX_EXAMPLES = 3;

/** A sampled record that could be read. */
type ReadRecord = Extract<RecordContent, { readonly ok: true }>;

/** Rows that sampled records give in a table: the record itself, or the elements of its array. */
export interface SampledRow {
  readonly record: SourceValue;
  readonly key: string | undefined;
  readonly element: SourceValue;
  readonly index: number;
}

export function rowsOfTable(table: StagedTable, records: readonly ReadRecord[]): SampledRow[] {
  const { each } = table;
  if (each === null)
    return records.map(({ value, key }) => ({ record: value, key, element: value, index: 0 }));
  const read = compilePath(each);
  return records.flatMap(({ value: record, key }) => {
    const elements = isSourceObject(record) ? read(record) : null;
    return Array.isArray(elements)
      ? (elements as readonly SourceValue[]).map((element, index) => ({ record, key, element, index }))
      : [];
  });
}

/** Looks for the values of each column where its path leads. */
export function describeColumns(table: StagedTable, rows: readonly SampledRow[]): ColumnSample[] {
  return table.columns.map((column) => describeColumn(column, rows));
}

function describeColumn(column: Column, rows: readonly SampledRow[]): ColumnSample {
  const values = rows.map(readColumn(column)).filter((value) => value !== undefined);
  const known = values.filter((value) => value !== null);
  const examples = new Set<string>();
  for (const value of known) {
    if (examples.size === MAX_EXAMPLES) break;
    examples.add(describeValue(value));
  }
  return {
    column: column.name,
    examples: [...examples],
    found: values.length,
    nulls: values.length - known.length,
  };
}

/** Reads what a row has for a column: undefined where there is nothing. */
export function readColumn({ path }: Column): (row: SampledRow) => SourceValue | undefined {
  if (path.from === 'index') return (row) => row.index;
  if (path.from === 'key' || path.from === 'parentKey') return (row) => row.key;
  const read = compilePath(path.steps);
  return ({ record, element }) => {
    const root = path.from === 'parent' ? record : element;
    if (!isSourceObject(root)) return undefined;
    const value = read(root);
    return value instanceof WrongTurn ? value.found : value;
  };
}
