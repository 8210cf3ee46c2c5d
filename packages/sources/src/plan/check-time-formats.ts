import { fail, isMillraceError } from '@millrace/shared/core/errors';
import type { Source } from '@millrace/shared/core/pipeline';

import { compileColumn } from '../judge/compile-column.ts';

/**
 * Throws `pipeline_invalid`, with the column's place in the pipeline, for a time format that is not understood: else
 * the first task of a run would be the one to find out.
 */
export function checkTimeFormats(source: Source): void {
  for (const table of source.tables) {
    for (const column of table.columns ?? []) {
      try {
        compileColumn(column, source.type);
      } catch (error) {
        if (!isMillraceError(error)) throw error;
        throw fail(error.code, {
          message: error.message,
          where: `sources.${source.name}.tables.${table.name}.columns.${column.name}`,
          hint: error.hint,
          cause: error,
        });
      }
    }
  }
}
