import { formatColumnType, type ColumnType } from '@millrace/shared/core/column-type';
import { DEFAULT_CONTRACT } from '@millrace/shared/core/contract';
import { OTHER_FIELDS, type PlannedDrift } from '@millrace/shared/core/drift';
import type { Column } from '@millrace/shared/core/pipeline';
import type { StagedTable } from '@millrace/shared/core/plan';
import { formatSteps, formatValuePath } from '@millrace/shared/core/value-path';

import { inferredColumn } from '../infer/fitting-type.ts';
import { uniqueName } from '../infer/unique-name.ts';
import { compileColumn } from '../judge/compile-column.ts';
import { describeValue } from '../judge/describe-value.ts';
import type { Dialect } from '../judge/dialect.ts';
import { isSourceObject } from '../judge/read-path.ts';
import { Refusal } from '../judge/refusal.ts';
import { readColumn, type SampledRow } from '../plan/describe-columns.ts';
import type { SourceValue } from '../source-value.ts';
import { knownFields, visitNewFields } from './known-fields.ts';

/** A difference between what is declared and what was found, and the column that would take what was found. */
export interface FoundDrift {
  readonly drift: PlannedDrift;
  /** Null for a missing column, which nothing was found for. */
  readonly column: Column | null;
}

export interface DriftSample {
  readonly table: StagedTable;
  /** Of the same records. */
  readonly tables: readonly StagedTable[];
  readonly rows: readonly SampledRow[];
  /** The fields of each file, where files say which they have: CSV and SQLite; else empty. */
  readonly headers: readonly (readonly string[])[];
  readonly dialect: Dialect;
  /** The type for values of which none is null. */
  readonly typeFor: TypeFor;
}

export type TypeFor = (
  name: string,
  values: readonly SourceValue[],
) => { readonly type: ColumnType; readonly format: string | null };

/** What so few of the sampled values do is no change of a type: they are mistakes, for the reader to deal with. */
const CHANGED_SHARE = 0.05;

/** Objects by their id may have any number of fields; these most frequent ones are told apart, and the others as one. */
const MAX_NEW_FIELDS = 100;

/** How sampled rows of a table with declared columns differ from them. */
export function findDrift(sample: DriftSample): FoundDrift[] {
  const columns = sample.table.columns.flatMap((column) => [
    ...missingColumn(sample, column),
    ...changedType(sample, column),
  ]);
  return [...columns, ...newColumns(sample)];
}

function missingColumn({ table, rows, headers }: DriftSample, column: Column): FoundDrift[] {
  const { from, steps } = column.path;
  if (from !== 'record' && from !== 'parent') return [];
  const lacking = headers.filter((header) => !header.includes(String(steps[0]))).length;
  const read = readColumn(column);
  const without = rows.filter((row) => read(row) === undefined).length;
  const isMissing = headers.length > 0 ? lacking > 0 : rows.length > 0 && without === rows.length;
  if (!isMissing) return [];
  const drift = {
    ...declaredAs(table, column),
    kind: 'missing_column',
    found: null,
    rows: without,
    sampledRows: rows.length,
    example: null,
    mode: (table.contract ?? DEFAULT_CONTRACT).missingColumns,
  } as const;
  return [{ drift, column: null }];
}

function changedType({ table, rows, dialect, typeFor }: DriftSample, column: Column): FoundDrift[] {
  const { from } = column.path;
  if (from !== 'record' && from !== 'parent') return [];
  const read = readColumn(column);
  const values = rows.map(read).filter((value) => value !== undefined && value !== null);
  const { convert } = compileColumn(column, dialect);
  const others = values.filter((value) => convert(value) instanceof Refusal);
  const [first] = others;
  if (first === undefined || others.length <= values.length * CHANGED_SHARE) return [];
  const { type, format } = typeFor(column.name, values);
  const drift = {
    ...declaredAs(table, column),
    kind: 'changed_type',
    found: formatColumnType(typeFor(column.name, others).type),
    rows: others.length,
    sampledRows: rows.length,
    example: describeValue(first),
    mode: (table.contract ?? DEFAULT_CONTRACT).changedTypes,
  } as const;
  const isTime = type.kind === 'date' || type.kind === 'timestamp';
  return [{ drift, column: { ...column, type, format: format ?? (isTime ? 'iso' : null), strict: false } }];
}

function declaredAs(table: StagedTable, column: Column) {
  return {
    table: table.name,
    column: column.name,
    path: formatValuePath(column.path),
    declared: formatColumnType(column.type),
  };
}

interface NewField {
  readonly steps: readonly string[];
  readonly values: SourceValue[];
}

function newColumns({ table, tables, rows, headers, typeFor }: DriftSample): FoundDrift[] {
  const known = knownFields(table, tables);
  const found = new Map<string, NewField>();
  for (const name of headers.flat()) {
    if (!known.fields.has(name)) found.set(JSON.stringify([name]), { steps: [name], values: [] });
  }
  for (const { element } of rows) {
    if (!isSourceObject(element)) continue;
    visitNewFields(element, known, (steps, value) => {
      const key = JSON.stringify(steps);
      const field = found.get(key) ?? { steps, values: [] };
      field.values.push(value);
      found.set(key, field);
    });
  }
  const taken = new Set(table.columns.map(({ name }) => name.toLowerCase()));
  const mode = (table.contract ?? DEFAULT_CONTRACT).newColumns;
  const fields = [...found.values()].sort((one, other) => other.values.length - one.values.length);
  const shown = fields.slice(0, MAX_NEW_FIELDS).map(({ steps, values }): FoundDrift => {
    const name = uniqueName(columnName(steps), taken);
    const { type, format } = typeFor(name, values);
    const [first] = values;
    const drift = {
      table: table.name,
      kind: 'new_column',
      column: name,
      path: formatSteps(steps),
      declared: null,
      found: first === undefined ? null : formatColumnType(type),
      rows: values.length,
      sampledRows: rows.length,
      example: first === undefined ? null : describeValue(first),
      mode,
    } as const;
    return { drift, column: inferredColumn(name, steps, type, format) };
  });
  const more = fields.length - shown.length;
  return more === 0 ? shown : [...shown, { drift: furtherFields(table, more, rows.length), column: null }];
}

function furtherFields(table: StagedTable, fields: number, sampledRows: number): PlannedDrift {
  return {
    table: table.name,
    kind: 'new_column',
    column: `${fields} further fields`,
    path: OTHER_FIELDS,
    declared: null,
    found: null,
    rows: 0,
    sampledRows,
    example: null,
    mode: (table.contract ?? DEFAULT_CONTRACT).newColumns,
  };
}

/** A key such as `__proto__` cannot be one of a YAML file. */
function columnName(steps: readonly string[]): string {
  const name = steps.join('_');
  return name === '__proto__' ? 'proto' : name;
}
