import type { ColumnType } from '@millrace/shared/core/column-type';
import type { Column } from '@millrace/shared/core/pipeline';

import { compileColumn } from '../judge/compile-column.ts';
import { Refusal } from '../judge/refusal.ts';
import type { SourceValue } from '../source-value.ts';

export type TextDialect = 'json' | 'csv';
export type InferredKind = Exclude<ColumnType['kind'], 'decimal'>;

/** In order of preference; the first type that takes every sampled value is the column's. */
const CANDIDATES: Readonly<Record<TextDialect, readonly InferredKind[]>> = {
  json: ['integer', 'double', 'boolean', 'date', 'timestamp', 'text', 'json'],
  csv: ['integer', 'double', 'boolean', 'date', 'timestamp', 'text'],
};

/** The narrowest type that the judge accepts for every value; text when there are none. */
export function fittingKind(values: readonly SourceValue[], dialect: TextDialect): InferredKind {
  if (values.length === 0) return 'text';
  return CANDIDATES[dialect].find((kind) => values.every(fitOf(kind, dialect))) ?? 'text';
}

/** Whether a value is of a type, as a person would say it and as the judge does. */
export function fitOf(kind: InferredKind, dialect: TextDialect): (value: SourceValue) => boolean {
  const { convert } = compileColumn(inferredColumn('', [], { kind }), dialect);
  return (value) => looksLike(kind, value, dialect) && !(convert(value) instanceof Refusal);
}

/** Text that a type would take, though no person would call it that. */
function looksLike(kind: InferredKind, value: SourceValue, dialect: TextDialect): boolean {
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

/** A column of the record itself, nothing about it demanded; times are read in the form that their type has by default. */
export function inferredColumn(
  name: string,
  steps: readonly (string | number)[],
  type: ColumnType,
  format: string | null = null,
): Column {
  const isTime = type.kind === 'date' || type.kind === 'timestamp';
  return {
    name,
    type,
    path: { from: 'record', steps },
    required: false,
    strict: false,
    format: format ?? (isTime ? 'iso' : null),
  };
}
