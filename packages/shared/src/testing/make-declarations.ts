import { parseColumnType } from '../core/column-type.ts';
import { DEFAULT_DECODING } from '../core/decoding.ts';
import type { Column, CsvOptions, Source, TableDeclaration } from '../core/pipeline.ts';

/** How a CSV source is read when its pipeline says nothing about it. */
const PLAIN_CSV: CsvOptions = { delimiter: null, quote: '"', header: true, nulls: [] };

/** A source that takes all files of its folder, and has one table whose columns are not declared. */
export function makeSource(changes: Partial<Source> = {}): Source {
  const { name = 'events', type = 'json' } = changes;
  return {
    name,
    type,
    path: '.',
    records: null,
    members: false,
    csv: type === 'csv' ? PLAIN_CSV : null,
    decoding: DEFAULT_DECODING,
    allowEmpty: false,
    followSymlinks: false,
    tables: [makeTable(name)],
    ...changes,
  };
}

/** A table whose columns are not declared. */
export function makeTable(name: string, changes: Partial<TableDeclaration> = {}): TableDeclaration {
  return { name, key: [], each: null, columns: null, query: null, relation: name, cursor: null, ...changes };
}

/** A column that is filled from the field of its name. */
export function makeColumn(name: string, type: string, changes: Partial<Column> = {}): Column {
  return {
    name,
    type: parseColumnType(type),
    path: { from: 'record', steps: [name] },
    required: false,
    strict: false,
    format: null,
    ...changes,
  };
}
