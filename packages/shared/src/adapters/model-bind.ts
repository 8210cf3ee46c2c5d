import type { ColumnSchema } from '../core/batch.ts';
import { isMillraceError } from '../core/errors.ts';
import { readEngineMessage } from '../core/model-place.ts';
import { storedType, typeText } from './duckdb-type.ts';
import type { Engine } from './duckdb.ts';
import { invalid, titleOf, type ModelText } from './model-parse.ts';

export interface BoundColumn extends ColumnSchema {
  /** Whether the query gives another type than `type`, the one in which it is stored. */
  readonly cast: boolean;
}

/**
 * Binds a model's query to the tables that the engine has, without running it, and gives its columns in the types
 * in which they are stored. Throws `model_invalid` with file, line and column.
 */
export async function bindModel(engine: Engine, model: ModelText): Promise<BoundColumn[]> {
  const connection = await engine.connect();
  try {
    // Only types are wanted. The optimizer would compute constants, and repeat('x', 3_000_000_000) is one.
    await connection.run('PRAGMA disable_optimizer');
    const statement = await connection.prepare(model.sql);
    try {
      if (statement.parameterCount > 0) {
        throw invalid(model, `${titleOf(model)} has a parameter, for which there is no value.`, null);
      }
      const columns = Array.from({ length: statement.columnCount }, (_, index) => {
        const name = statement.columnName(index);
        const type = statement.columnType(index);
        const stored = storedType(type);
        if (stored === null) throw notStorable(model, name, typeText(type));
        return { name, type: stored, cast: stored !== typeText(type) };
      });
      checkUniqueNames(model, columns);
      return columns;
    } finally {
      statement.destroySync();
    }
  } catch (error) {
    const explained = engine.explain(error);
    if (isMillraceError(explained) || !(explained instanceof Error)) throw explained;
    const { message, place } = readEngineMessage(explained.message, model.sql);
    throw invalid(
      model,
      `${titleOf(model)} does not fit its tables: ${message}`,
      place,
      'See the mark; columns and types of staged tables are those of pipeline.yml, or those found in the data.',
    );
  } finally {
    connection.closeSync();
  }
}

function notStorable(model: ModelText, column: string, type: string): Error {
  return invalid(
    model,
    `${titleOf(model)} gives a column '${column}' that has the type ${type}, which cannot be stored exactly.`,
    null,
    'Cast it in the SELECT, for example to varchar, to timestamp, or an interval to its seconds.',
  );
}

function checkUniqueNames(model: ModelText, columns: readonly ColumnSchema[]): void {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    const earlier = seen.get(name.toLowerCase());
    if (earlier !== undefined) {
      throw invalid(
        model,
        `${titleOf(model)} gives two columns named '${earlier}'${earlier === name ? '' : ` and '${name}'`}.`,
        null,
        'Name one of them otherwise with AS; names that differ in case only are one name to SQL.',
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}
