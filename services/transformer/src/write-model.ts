import { bucketError, copyToParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import type { BoundColumn } from '@millrace/shared/adapters/model-bind';
import { fail, isMillraceError } from '@millrace/shared/core/errors';
import { excerptAt, formatPlace, readEngineMessage } from '@millrace/shared/core/model-place';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import type { OrderedModel } from './contracts/model-order.ts';

export interface ModelTarget {
  readonly path: string;
  /** The bucket's key of what is written to `path`, for messages. */
  readonly key: string;
  readonly columns: readonly BoundColumn[];
}

type SelectedModel = OrderedModel & { readonly select: string };

/**
 * Writes what a model gives as one Parquet file, and returns how many rows that is. Throws `model_failed` with
 * DuckDB's reason and place, `out_of_memory`, or `bucket_unavailable`.
 */
export async function writeModel(engine: Engine, model: SelectedModel, target: ModelTarget): Promise<number> {
  const list = target.columns.map(({ name, type, cast }) =>
    cast ? `CAST(${quoteIdentifier(name)} AS ${type}) AS ${quoteIdentifier(name)}` : quoteIdentifier(name),
  );
  const sql = copyToParquetSql(`SELECT ${list.join(', ')} FROM (\n${model.select}\n)`, target.path);
  const linesBefore = sql.slice(0, sql.indexOf(`\n${model.select}\n`)).split('\n').length;
  try {
    const [result] = await engine.rows(sql);
    return Number(result?.['Count']);
  } catch (error) {
    throw bucketError(error, target.key) ?? explain(model, error, linesBefore);
  }
}

function explain(model: SelectedModel, error: unknown, linesBefore: number): unknown {
  if (isMillraceError(error)) {
    return fail(error.code, {
      message: `Model '${model.name}': ${error.message}`,
      where: model.file,
      hint: error.hint,
      cause: error,
    });
  }
  if (!(error instanceof Error)) return error;
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
