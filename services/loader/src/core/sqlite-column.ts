import type { ColumnSchema } from '@millrace/shared/core/batch';
import { fail } from '@millrace/shared/core/errors';
import { sqliteType } from '@millrace/shared/core/sqlite-type';

import { checkColumnNames, type ColumnOrigin } from './column-names.ts';
import {
  decimalValue,
  doubleValue,
  shortYear,
  unsignedInteger,
  type Convert,
  type ValuePlace,
} from './sqlite-value.ts';

/** How a column of a model becomes a column of SQLite. docs/types.md is this table in prose. */
export interface SqliteColumn {
  readonly name: string;
  /** As the column is declared in SQLite. Its affinity decides how values are stored. */
  readonly declared: string;
  /** Makes a stored value one that SQLite keeps as it is; null when it is that already. */
  readonly convert: Convert | null;
}

/** Throws `model_invalid` for names, and `value_not_storable` for a type, that SQLite cannot have. */
export function sqliteColumns(columns: readonly ColumnSchema[], origin: ColumnOrigin): SqliteColumn[] {
  checkColumnNames(columns, origin);
  return columns.map(({ name, type }) => {
    const declared = sqliteType(type);
    if (declared === null) throw notStorable(name, type, origin);
    return { name, declared, convert: converter(type, { ...origin, column: name }) };
  });
}

function converter(type: string, place: ValuePlace): Convert | null {
  if (/^DECIMAL\(\d+,\s*\d+\)$/.test(type)) return decimalValue(place);
  switch (type) {
    case 'UBIGINT':
      return unsignedInteger(place);
    case 'FLOAT':
    case 'DOUBLE':
      return doubleValue(place);
    case 'BOOLEAN':
      return (value) => (value === true ? 1 : 0);
    case 'DATE':
    case 'TIMESTAMP':
    case 'TIMESTAMP_NS':
    case 'TIMESTAMP WITH TIME ZONE':
      return shortYear(place);
    default:
      return null;
  }
}

function notStorable(column: string, type: string, origin: ColumnOrigin): Error {
  return fail('value_not_storable', {
    message: `Column '${column}' of model '${origin.table}' has the type ${type}, which SQLite cannot keep.`,
    where: origin.file,
    hint: `Cast it in the model, for example CAST(${column} AS VARCHAR).`,
  });
}
