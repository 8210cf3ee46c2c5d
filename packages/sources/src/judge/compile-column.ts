import type { Column } from '@millrace/shared/core/pipeline';

import { booleanConverter } from './convert-boolean.ts';
import { jsonConverter } from './convert-json.ts';
import { decimalConverter, doubleConverter, integerConverter } from './convert-number.ts';
import { textConverter } from './convert-text.ts';
import { dateConverter, timestampConverter } from './convert-time.ts';
import type { Dialect } from './dialect.ts';
import { compilePath, type ReadPath } from './read-path.ts';
import { Refusal, type Convert } from './refusal.ts';

/** A column ready for use: where its value is, and what becomes of it. */
export interface CompiledColumn {
  readonly name: string;
  readonly from: Column['path']['from'];
  readonly read: ReadPath;
  readonly convert: Convert;
  /** What a value that is absent or null becomes: null, or a refusal where the column is required. */
  readonly whenAbsent: Refusal | null;
  readonly whenNull: Refusal | null;
}

/** Throws `pipeline_invalid` for a time format that is not understood. */
export function compileColumn(column: Column, dialect: Dialect): CompiledColumn {
  const { from, steps } = column.path;
  // The position in an array is a number of ours, whatever the source writes its numbers like.
  const convert = converterOf(column, from === 'index' ? 'json' : dialect);
  const expected = `a value, because the column is required`;
  return {
    name: column.name,
    from,
    read: compilePath(steps),
    convert,
    whenAbsent: column.required ? new Refusal('missing_field', expected) : null,
    whenNull: column.required ? new Refusal('null_violation', expected) : null,
  };
}

function converterOf(column: Column, dialect: Dialect): Convert {
  const { type } = column;
  switch (type.kind) {
    case 'text':
      return textConverter(column, dialect);
    case 'integer':
      return integerConverter(dialect);
    case 'double':
      return doubleConverter(dialect);
    case 'decimal':
      return decimalConverter(type.precision, type.scale, dialect);
    case 'boolean':
      return booleanConverter(dialect);
    case 'date':
      return dateConverter(column.format, dialect);
    case 'timestamp':
      return timestampConverter(column.format, dialect);
    case 'json':
      return jsonConverter(dialect);
  }
}
