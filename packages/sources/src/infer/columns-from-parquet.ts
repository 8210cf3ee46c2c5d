import type { ColumnSchema } from '@millrace/shared/core/batch';
import { parseColumnType, type ColumnType } from '@millrace/shared/core/column-type';
import { fail } from '@millrace/shared/core/errors';
import type { Column } from '@millrace/shared/core/pipeline';

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

/**
 * Columns for a Parquet file whose columns were not declared. Every value of the file fits them.
 * Throws `schema_mismatch` for a column of bytes.
 */
export function columnsFromParquet(schema: readonly ColumnSchema[]): Column[] {
  return schema.map(({ name, type }) => {
    if (type === 'BLOB') throw bytesColumn(name);
    const columnType = typeOf(type);
    const isTime = columnType.kind === 'date' || columnType.kind === 'timestamp';
    return {
      name,
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

function bytesColumn(name: string): Error {
  return fail('schema_mismatch', {
    message: `Column '${name}' holds bytes (BLOB), which no staged table can take.`,
    hint: 'Name the columns to read under `columns:`.',
  });
}
