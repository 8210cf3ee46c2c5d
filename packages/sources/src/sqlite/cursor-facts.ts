import { cursorValue, nativeCursor, type CursorValue } from '@millrace/shared/core/cursor';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import type { SourceValue } from '../source-value.ts';
import type { SourceDatabase } from './open-hardened.ts';
import { prepareRows, selectAll, type Relation } from './relation.ts';
import { ask } from './sqlite-error.ts';

/** All values of a cursor column that are written in one form. */
export interface CursorGroup {
  /**
   * A storage class (`null`, `integer`, `real`, `blob`), or of text `date`, `other`, or how a timestamp is written.
   * Within one form of text except `other`, the order of texts is the order of times.
   */
  readonly form: string;
  readonly rows: number;
  /** Null for null and bytes. */
  readonly least: CursorValue | null;
  readonly greatest: CursorValue | null;
}

/** More groups than this would say no more. */
const MAX_GROUPS = 20;

const D2 = '[0-9][0-9]';
const DATE = `${D2}${D2}-${D2}-${D2}`;
/** What follows the fraction of a second, if there is one: nothing, Z or an offset. */
const ZONE = "ltrim(substr(c, 20), '.0123456789')";
/**
 * Fractions of different length keep the order, except before a Z, which sorts behind every digit: there the
 * length is a part of the form.
 */
const FORM = `CASE
  WHEN typeof(c) <> 'text' THEN typeof(c)
  WHEN c GLOB '${DATE}' THEN 'date'
  WHEN NOT c GLOB '${DATE}[ T]${D2}:${D2}:${D2}*' THEN 'other'
  WHEN substr(c, 20, 1) NOT IN ('', '.', 'Z', '+', '-') THEN 'other'
  WHEN ${ZONE} = 'Z' THEN substr(c, 11, 1) || 'Z' || length(c)
  WHEN ${ZONE} = '' OR ${ZONE} GLOB '[+-]${D2}:${D2}' OR ${ZONE} GLOB '[+-]${D2}${D2}' OR ${ZONE} GLOB '[+-]${D2}'
    THEN substr(c, 11, 1) || ${ZONE}
  ELSE 'other' END`;

/** The name of a cursor column as the relation has it. Throws `schema_mismatch` when there is none. */
export function findCursorColumn({ columns, what }: Relation, name: string, fileName: string): string {
  const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found.name;
  const names = columns.map((column) => column.name);
  throw fail('schema_mismatch', {
    message: `The cursor '${name}' is not a column of ${what}.${didYouMean(name, names)}`,
    where: fileName,
    hint: `It has: ${names.join(', ')}.`,
  });
}

/**
 * The values of a column by the forms they are written in. It looks at every row, of an index if there is one: a
 * single value of another form would change what is beyond a watermark.
 */
export function readCursorGroups(
  db: SourceDatabase,
  relation: Relation,
  column: string,
  fileName: string,
): CursorGroup[] {
  const values = `SELECT ${quoteIdentifier(column)} AS c FROM (\n${selectAll(relation)}\n)`;
  const sql = `SELECT ${FORM}, count(*), min(c), max(c) FROM (${values}) GROUP BY 1 ORDER BY 2 DESC LIMIT ${MAX_GROUPS}`;
  const statement = prepareRows(db, sql, relation.what, fileName);
  return ask(relation.what, fileName, () => statement.all()).map(([form, rows, least, greatest]) => ({
    form: form as string,
    rows: Number(rows),
    least: toCursorValue(least),
    greatest: toCursorValue(greatest),
  }));
}

/** The form of one value. */
export function formOf(db: SourceDatabase, value: CursorValue): string {
  return String(db.prepare(`SELECT ${FORM} FROM (SELECT ? AS c)`).pluck().get(nativeCursor(value)));
}

function toCursorValue(value: SourceValue | undefined): CursorValue | null {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string'
    ? cursorValue(value)
    : null;
}
