import type { ColumnType } from '@millrace/shared/core/column-type';

/** What a column is taken for, and from what; the note is null where the type says it all. */
export interface TypeGuess {
  readonly type: ColumnType;
  readonly format: string | null;
  readonly note: string | null;
}
