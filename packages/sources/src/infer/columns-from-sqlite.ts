import { MAX_DECIMAL_PRECISION, type ColumnType } from '@millrace/shared/core/column-type';
import { fail } from '@millrace/shared/core/errors';
import type { Column } from '@millrace/shared/core/pipeline';

import { compileColumn } from '../judge/compile-column.ts';
import { isSourceObject } from '../judge/read-path.ts';
import { Refusal } from '../judge/refusal.ts';
import type { SourceValue } from '../source-value.ts';
import type { RelationDescription } from '../sqlite/describe-relation.ts';
import type { SqliteColumn } from '../sqlite/sqlite-message.ts';
import { uniqueName } from './unique-name.ts';

/** For NUMERIC without digits: two places, as money has them, more when they are seen, and a double beyond six. */
const DECIMAL_PRECISION = 18;
const MIN_SCALE = 2;
const MAX_SCALE = 6;

/**
 * Columns of a table, view or query, those of all files in which it was found. SQLite stores any value in any column, so a declared type is a wish. It decides
 * where SQLite itself acts on it (integers, reals, text); a value of another kind is then a reject. Where it is only
 * a name to SQLite (dates, booleans, decimals) the sampled values must bear it out, else they decide.
 *
 * Throws `schema_mismatch` for columns of bytes, which no table can take.
 */
export function columnsFromSqlite(
  found: readonly Pick<RelationDescription, 'columns' | 'samples'>[],
): Column[] {
  const samples = found.flatMap((description) => description.samples);
  const columns = found.flatMap((description) => description.columns);
  const names = columns.map((column) => column.name);
  const taken = new Set<string>();
  return columns.flatMap((column, index) => {
    if (names.indexOf(column.name) < index) return [];
    const values = samples.flatMap((row) => (isSourceObject(row) ? [row[column.name] ?? null] : []));
    const known = values.filter((value) => value !== null);
    const type = typeOf(column, known);
    return [{ ...makeColumn(column.name, type), name: uniqueName(column.name, taken) }];
  });
}

/** @param values of the samples, without nulls */
function typeOf({ name, declaredType }: SqliteColumn, values: readonly SourceValue[]): ColumnType {
  const declared = (declaredType ?? '').trim().toUpperCase();
  const decided = decidedType(declared);
  if (decided !== null) return decided;
  if (declared.includes('BLOB') || values.some((value) => value instanceof Uint8Array))
    throw bytesColumn(name);
  const wished = wishedType(declared, values);
  return wished !== null && fits(wished, values) ? wished : sampledType(values);
}

/** The types that make SQLite convert what it stores. */
function decidedType(declared: string): ColumnType | null {
  // Before INT, unlike SQLite, which takes FLOATING POINT for an integer because of its last letters.
  if (/REAL|FLOA|DOUB/.test(declared)) return { kind: 'double' };
  if (/\bU?(?:TINY|SMALL|MEDIUM|BIG)?INT(?:EGER)?\d*\b/.test(declared)) return { kind: 'integer' };
  return /CHAR|CLOB|TEXT/.test(declared) ? { kind: 'text' } : null;
}

function wishedType(declared: string, values: readonly SourceValue[]): ColumnType | null {
  if (declared.startsWith('BOOL')) return { kind: 'boolean' };
  if (declared === 'DATE') return { kind: 'date' };
  if (/^(?:DATETIME|TIMESTAMP)/.test(declared)) return { kind: 'timestamp' };
  if (/^(?:NUMERIC|NUMBER|DEC)/.test(declared)) return declaredDecimal(declared) ?? sampledDecimal(values);
  return null;
}

function declaredDecimal(declared: string): ColumnType | null {
  const digits = /\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/.exec(declared);
  const precision = Number(digits?.[1] ?? 0);
  const scale = Number(digits?.[2] ?? 0);
  const isAllowed = precision >= 1 && precision <= MAX_DECIMAL_PRECISION && scale <= precision;
  return isAllowed ? { kind: 'decimal', precision, scale } : null;
}

function sampledDecimal(values: readonly SourceValue[]): ColumnType {
  if (values.length === 0) return { kind: 'double' };
  const places = values.map((value) => (typeof value === 'number' ? decimalPlaces(value) : 0));
  const scale = places.reduce((most, some) => Math.max(most, some), MIN_SCALE);
  return scale > MAX_SCALE ? { kind: 'double' } : { kind: 'decimal', precision: DECIMAL_PRECISION, scale };
}

function decimalPlaces(value: number): number {
  const text = String(value);
  return text.includes('e') ? Infinity : (text.split('.')[1] ?? '').length;
}

/** Integers and reals are told apart by how they are stored: a real 5.0 is not an integer. */
function sampledType(values: readonly SourceValue[]): ColumnType {
  if (values.length === 0) return { kind: 'text' };
  if (values.every((value) => typeof value === 'bigint')) return { kind: 'integer' };
  const isDays = values.every((value) => typeof value === 'string' && value.length <= 'YYYY-MM-DD'.length);
  const candidates = (['double', ...(isDays ? (['date'] as const) : []), 'timestamp'] as const).map(
    (kind) => ({ kind }),
  );
  return candidates.find((type) => fits(type, values)) ?? { kind: 'text' };
}

/** Whether the judge takes all of the values. */
function fits(type: ColumnType, values: readonly SourceValue[]): boolean {
  const { convert } = compileColumn(makeColumn('', type), 'sqlite');
  return values.every((value) => !(convert(value) instanceof Refusal));
}

function makeColumn(name: string, type: ColumnType): Column {
  const isTime = type.kind === 'date' || type.kind === 'timestamp';
  return {
    name,
    type,
    path: { from: 'record', steps: [name] },
    required: false,
    strict: false,
    format: isTime ? 'iso' : null,
  };
}

function bytesColumn(name: string): Error {
  return fail('schema_mismatch', {
    message: `Column '${name}' holds bytes (BLOB), which no staged table can take.`,
    hint: 'Name the columns to read under `columns:`, or read a query, for example with hex(…) of it.',
  });
}
