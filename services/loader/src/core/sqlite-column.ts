import type { ColumnSchema } from '@millrace/shared/core/batch';
import { fail } from '@millrace/shared/core/errors';

import { checkColumnNames, type ColumnOrigin } from './column-names.ts';
import { decimalValue, doubleValue, unsignedInteger, shortYear, type Convert } from './sqlite-value.ts';

/** How a column of a model becomes a column of SQLite. docs/types.md is this table in prose. */
export interface SqliteColumn {
  readonly name: string;
  /** As the column is declared in SQLite. Its affinity decides how values are stored. */
  readonly declared: string;
  /** Makes a stored value one that SQLite keeps as it is; null when it is that already. */
  readonly convert: Convert | null;
}

type Storage = Omit<SqliteColumn, 'name'>;

/** Throws `model_invalid` for names, and `value_not_storable` for a type, that SQLite cannot have. */
export function sqliteColumns(columns: readonly ColumnSchema[], origin: ColumnOrigin): SqliteColumn[] {
  checkColumnNames(columns, origin);
  return columns.map((column) => ({ name: column.name, ...storage(column, origin) }));
}

/** Of the types that models are stored in. */
function storage({ name, type }: ColumnSchema, origin: ColumnOrigin): Storage {
  const place = { ...origin, column: name };
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type);
  if (decimal !== null)
    return { declared: `DECIMAL(${decimal[1]},${decimal[2]})`, convert: decimalValue(place) };
  if (type.endsWith(']') || /^(STRUCT|MAP)\(/.test(type)) return { declared: 'TEXT', convert: null };
  switch (type.replace(/\(.*$/, '')) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'UTINYINT':
    case 'USMALLINT':
    case 'UINTEGER':
      return { declared: 'INTEGER', convert: null };
    case 'UBIGINT':
      return { declared: 'INTEGER', convert: unsignedInteger(place) };
    case 'FLOAT':
    case 'DOUBLE':
      return { declared: 'REAL', convert: doubleValue(place) };
    case 'BOOLEAN':
      return { declared: 'BOOLEAN', convert: (value) => (value === true ? 1 : 0) };
    case 'DATE':
      return { declared: 'DATE', convert: shortYear(place) };
    case 'TIMESTAMP':
    case 'TIMESTAMP_NS':
    case 'TIMESTAMP WITH TIME ZONE':
      return { declared: 'TIMESTAMP', convert: shortYear(place) };
    case 'VARCHAR':
    case 'JSON':
    case 'UUID':
    case 'TIME':
      return { declared: 'TEXT', convert: null };
    case 'BLOB':
      return { declared: 'BLOB', convert: null };
    default:
      throw fail('value_not_storable', {
        message: `Column '${name}' of model '${origin.table}' has the type ${type}, which SQLite cannot keep.`,
        where: origin.file,
        hint: `Cast it in the model, for example CAST(${name} AS VARCHAR).`,
      });
  }
}
