import type { ColumnType } from '@millrace/shared/core/column-type';
import type { Column } from '@millrace/shared/core/pipeline';

import { compileColumn } from '../judge/compile-column.ts';
import { isSourceObject } from '../judge/read-path.ts';
import { Refusal } from '../judge/refusal.ts';
import type { SourceValue } from '../source-value.ts';
import { uniqueName } from './unique-name.ts';

/** A field found in sampled records: where it is, and its values there. */
interface Field {
  readonly steps: readonly string[];
  readonly values: SourceValue[];
}

/** An object with more keys is a map, whose keys are data. */
const MAX_INNER_COLUMNS = 200;

type TextDialect = 'json' | 'csv';
type InferredType = Exclude<ColumnType['kind'], 'decimal'>;

/** In order of preference; the first type that takes every sampled value is the column's. */
const CANDIDATES: Readonly<Record<TextDialect, readonly InferredType[]>> = {
  json: ['integer', 'double', 'boolean', 'date', 'timestamp', 'text', 'json'],
  csv: ['integer', 'double', 'boolean', 'date', 'timestamp', 'text'],
};

/**
 * Columns for records whose columns were not declared: one per key in the order in which keys were first seen. A
 * key whose values are all objects gives a column per inner key, named `outer_inner`; arrays and deeper objects
 * are kept as json. Types are those that the judge accepts for every sampled value, so a guess that is wrong
 * for a later record shows up as a reject. Money is `double` here: whether it is a decimal, and of which scale, only
 * its owner knows.
 */
export function inferColumns(samples: Iterable<SourceValue>, dialect: TextDialect): Column[] {
  const fields = [...collectFields(samples).values()].flatMap(flatten);
  const taken = new Set<string>();
  return fields.map((field) => {
    const name = uniqueName(field.steps.join('_'), taken);
    return makeColumn(name, field.steps, typeOf(field, dialect));
  });
}

function collectFields(samples: Iterable<SourceValue>, parent: readonly string[] = []): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const sample of samples) {
    if (!isSourceObject(sample)) continue;
    for (const [key, value] of Object.entries(sample)) {
      let field = fields.get(key);
      if (field === undefined) {
        field = { steps: [...parent, key], values: [] };
        fields.set(key, field);
      }
      if (value !== null) field.values.push(value);
    }
  }
  return fields;
}

/** One level only: what is nested deeper is rarely a column, and stays reachable as json. */
function flatten(field: Field): Field[] {
  const { steps, values } = field;
  if (values.length === 0 || !values.every(isSourceObject)) return [field];
  const inner = [...collectFields(values, steps).values()];
  return inner.length === 0 || inner.length > MAX_INNER_COLUMNS ? [field] : inner;
}

function typeOf(field: Field, dialect: TextDialect): InferredType {
  if (field.values.length === 0) return 'text';
  const fits = (kind: InferredType) => {
    const { convert } = compileColumn(makeColumn('', field.steps, kind), dialect);
    return field.values.every(
      (value) => looksLike(kind, value, dialect) && !(convert(value) instanceof Refusal),
    );
  };
  return CANDIDATES[dialect].find(fits) ?? 'text';
}

/** Text that a type would take, though no person would call it that. */
function looksLike(kind: InferredType, value: SourceValue, dialect: TextDialect): boolean {
  if (typeof value !== 'string') return true;
  switch (kind) {
    // 007 is a code, and as a number it would lose its zeros; a value with spaces around it is somebody's text.
    case 'integer':
    case 'double':
      return dialect === 'csv' && !/^[+-]?0\d|^\s|\s$/.test(value);
    // Midnights are dates to the judge, but a column of them was written as points in time.
    case 'date':
      return value.length <= '2026-11-22'.length;
    default:
      return true;
  }
}

function makeColumn(name: string, steps: readonly string[], kind: InferredType): Column {
  const isTime = kind === 'date' || kind === 'timestamp';
  return {
    name,
    type: { kind },
    path: { from: 'record', steps },
    required: false,
    strict: false,
    format: isTime ? 'iso' : null,
  };
}
