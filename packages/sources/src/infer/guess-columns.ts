import { LOADED_AT_COLUMN, RUN_COLUMN } from '@millrace/shared/core/ledger-schema';
import type { Column } from '@millrace/shared/core/pipeline';

import { isSourceObject } from '../judge/read-path.ts';
import type { SourceValue } from '../source-value.ts';
import type { SqliteColumn } from '../sqlite/sqlite-message.ts';
import { collectFields, type Field } from './collect-fields.ts';
import { columnsFromSqlite } from './columns-from-sqlite.ts';
import { inferredColumn, type TextDialect } from './fitting-type.ts';
import { guessStoredType, guessType } from './guess-column.ts';
import { uniqueName } from './unique-name.ts';

/** A column that is proposed to a person, with the reason where the type does not say it. */
export interface ColumnGuess {
  readonly column: Column;
  readonly note: string | null;
}

/** With fewer objects the values stay whole, as json; with more, the few records that differ are rejected. */
const OBJECT_SHARE = 0.99;

/** Columns for JSON or CSV records, for a person to correct: `inferColumns` with money, times and reasons. */
export function guessColumns(samples: Iterable<SourceValue>, dialect: TextDialect): ColumnGuess[] {
  const taken = takenNames();
  return collectFields(samples, OBJECT_SHARE).map((field) => {
    const name = uniqueName(columnName(field.steps), taken);
    const { type, format, note } = guessType(name, field.values, dialect);
    return { column: inferredColumn(name, field.steps, type, format), note: joinNotes(note, beside(field)) };
  });
}

export interface StoredGuesses {
  readonly columns: readonly ColumnGuess[];
  /** Names of columns that no table can take, because they hold bytes. */
  readonly leftOut: readonly string[];
}

/** Columns for a table of SQLite. */
export function guessSqliteColumns(
  stored: readonly SqliteColumn[],
  samples: readonly SourceValue[],
): StoredGuesses {
  const taken = takenNames();
  const columns: ColumnGuess[] = [];
  const leftOut: string[] = [];
  for (const { name: storedName, declaredType } of stored) {
    const column = { name: storedName, declaredType };
    const values = samples.flatMap((row) => (isSourceObject(row) ? [row[column.name] ?? null] : []));
    const known = values.filter((value) => value !== null);
    if (/BLOB/i.test(column.declaredType ?? '') || known.some((value) => value instanceof Uint8Array)) {
      leftOut.push(column.name);
      continue;
    }
    const [found] = columnsFromSqlite([{ columns: [column], samples }]);
    if (found === undefined) continue;
    const { type, format, note } = guessStoredType(column.name, found.type, known);
    const name = uniqueName(columnName([column.name]), taken);
    columns.push({ column: inferredColumn(name, [column.name], type, format), note });
  }
  return { columns, leftOut };
}

/** Names that appended tables have already. */
function takenNames(): Set<string> {
  return new Set([RUN_COLUMN, LOADED_AT_COLUMN]);
}

/** A key such as `__proto__` cannot be one of a YAML file. */
function columnName(steps: readonly string[]): string {
  const name = steps.join('_');
  return name === '__proto__' ? 'proto' : name;
}

function beside({ besideObjects, steps }: Field): string | null {
  return besideObjects === 0
    ? null
    : `${besideObjects} of the records have no object in ${steps[0] ?? ''}: they will be rejected`;
}

function joinNotes(...notes: readonly (string | null)[]): string | null {
  const known = notes.filter((note) => note !== null);
  return known.length === 0 ? null : known.join('; ');
}
