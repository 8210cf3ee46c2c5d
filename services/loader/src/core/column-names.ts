import type { ColumnSchema } from '@millrace/shared/core/batch';
import { fail } from '@millrace/shared/core/errors';
import { LOADED_AT_COLUMN, RUN_COLUMN } from '@millrace/shared/core/ledger-schema';

/** The model that columns come from, for messages. */
export interface ColumnOrigin {
  readonly table: string;
  /** The model's file. */
  readonly file: string;
}

/** Throws `model_invalid` for names that SQL cannot tell apart, or that millrace adds itself. */
export function checkColumnNames(columns: readonly ColumnSchema[], origin: ColumnOrigin): void {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    const folded = name.toLowerCase();
    const twin = seen.get(folded);
    if (twin !== undefined) {
      throw invalid(
        origin,
        `Columns '${twin}' and '${name}' of model '${origin.table}' differ only in case, which SQL does not see.`,
      );
    }
    if (folded === RUN_COLUMN || folded === LOADED_AT_COLUMN) {
      throw invalid(
        origin,
        `Model '${origin.table}' has a column '${name}', which millrace adds to tables itself.`,
      );
    }
    seen.set(folded, name);
  }
}

function invalid(origin: ColumnOrigin, message: string): Error {
  return fail('model_invalid', { message, where: origin.file, hint: 'Rename the column with AS.' });
}
