import type { ColumnSchema } from '@millrace/shared/core/batch';
import { formatColumnType, parseColumnType, type ColumnType } from '@millrace/shared/core/column-type';
import { fail } from '@millrace/shared/core/errors';
import type { Column } from '@millrace/shared/core/pipeline';

import { uniqueName } from './unique-name.ts';

const TYPES: Readonly<Record<string, ColumnType['kind']>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'integer',
  SMALLINT: 'integer',
  INTEGER: 'integer',
  BIGINT: 'integer',
  UTINYINT: 'integer',
  USMALLINT: 'integer',
  UINTEGER: 'integer',
  FLOAT: 'double',
  DOUBLE: 'double',
  DATE: 'date',
  VARCHAR: 'text',
};

export interface ParquetSchema {
  /** For messages. */
  readonly fileName: string;
  readonly columns: readonly ColumnSchema[];
}

/**
 * Columns for Parquet files whose columns were not declared: those of all files. Their values fit, except for what no
 * column can hold (infinite times, nanoseconds, NaN, 39 digits), which is rejected where it stands.
 * Throws `schema_mismatch` for a column of bytes, and for one that is of another type in another file.
 */
export function columnsFromParquet(schemas: readonly ParquetSchema[]): Column[] {
  const found = new Map<string, { type: ColumnType; fileName: string }>();
  for (const { fileName, columns } of schemas) {
    for (const { name, type } of columns) {
      if (type === 'BLOB') throw bytesColumn(name);
      const known = found.get(name) ?? { type: typeOf(type), fileName };
      found.set(name, { ...known, type: commonType(name, known, { type: typeOf(type), fileName }) });
    }
  }
  const taken = new Set<string>();
  return [...found].map(([name, { type: columnType }]) => {
    const isTime = columnType.kind === 'date' || columnType.kind === 'timestamp';
    return {
      name: uniqueName(name, taken),
      type: columnType,
      path: { from: 'record', steps: [name] },
      required: false,
      strict: false,
      format: isTime ? 'iso' : null,
    };
  });
}

function typeOf(type: string): ColumnType {
  if (type.startsWith('TIMESTAMP')) return { kind: 'timestamp' };
  if (type.startsWith('DECIMAL(')) return parseColumnType(type.toLowerCase());
  // Beyond 64 bits; 38 digits is all that a decimal has, and a HUGEINT with 39 is rejected where it stands.
  if (type === 'HUGEINT' || type === 'UBIGINT' || type === 'UHUGEINT')
    return { kind: 'decimal', precision: 38, scale: 0 };
  if (type.endsWith(']') || type.startsWith('STRUCT') || type.startsWith('MAP')) return { kind: 'json' };
  return { kind: TYPES[type] ?? 'text' } as ColumnType;
}

interface TypeOfFile {
  readonly type: ColumnType;
  readonly fileName: string;
}

function commonType(name: string, known: TypeOfFile, other: TypeOfFile): ColumnType {
  const [one, two] = [formatColumnType(known.type), formatColumnType(other.type)];
  if (one === two) return known.type;
  const kinds = [known.type.kind, other.type.kind];
  if (kinds.includes('integer') && kinds.includes('double')) return { kind: 'double' };
  throw fail('schema_mismatch', {
    message: `Column '${name}' is ${one} in ${known.fileName} and ${two} in ${other.fileName}.`,
    hint: 'Declare the columns to read, with one type each, under `columns:`.',
  });
}

function bytesColumn(name: string): Error {
  return fail('schema_mismatch', {
    message: `Column '${name}' holds bytes (BLOB), which no staged table can take.`,
    hint: 'Name the columns to read under `columns:`.',
  });
}
