import { fail, isMillraceError } from '../core/errors.ts';
import { excerptAt, formatPlace, readEngineMessage } from '../core/model-place.ts';
import { quoteIdentifier } from '../core/sql-text.ts';
import type { BoundColumn } from './model-bind.ts';
import type { ModelText } from './model-parse.ts';

/** A model whose SQL was found to be one SELECT. */
export type SelectedModel = Pick<ModelText, 'name' | 'file'> & { readonly select: string };

/** The query that gives a model's rows in the types in which they are stored. */
export function modelRowsSql({ select }: SelectedModel, columns: readonly BoundColumn[]): string {
  const list = columns.map(({ name, type, cast }) =>
    cast ? `CAST(${quoteIdentifier(name)} AS ${type}) AS ${quoteIdentifier(name)}` : quoteIdentifier(name),
  );
  return `SELECT ${list.join(', ')} FROM (\n${select}\n)`;
}

/**
 * What went wrong with a statement that has a model's rows in it, as `model_failed` with DuckDB's reason and the place
 * in the model's file; an error that is known already keeps its code.
 * @param sql the statement as the engine was given it
 */
export function explainModelRows(model: SelectedModel, sql: string, error: unknown): unknown {
  if (isMillraceError(error)) {
    return fail(error.code, {
      message: `Model '${model.name}': ${error.message}`,
      where: model.file,
      hint: error.hint,
      cause: error,
    });
  }
  if (!(error instanceof Error)) return error;
  const linesBefore = sql.slice(0, sql.indexOf(`\n${model.select}\n`)).split('\n').length;
  const { message, place } = readEngineMessage(error.message, model.select, linesBefore);
  return fail('model_failed', {
    message: `Model '${model.name}' failed: ${message}${excerptAt(model.select, place)}`,
    where: formatPlace(model.file, place),
    hint: hintFor(message),
    cause: error,
  });
}

function hintFor(message: string): string {
  if (message.includes('INT128')) {
    return 'Integers are stored with 64 bits; cast a larger sum to decimal(38,0) or varchar in the SELECT.';
  }
  if (message.startsWith('Conversion Error')) {
    return 'A value does not have the type it is cast to; try_cast gives null instead of failing.';
  }
  return 'Correct the SELECT and run again; what was extracted is not read again by a retry.';
}
