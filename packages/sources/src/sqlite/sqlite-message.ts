import type { CursorRange } from '@millrace/shared/core/cursor';
import type { ErrorRecord } from '@millrace/shared/core/errors';
import type { RowidRange } from '@millrace/shared/core/task';

import type { SourceValue } from '../source-value.ts';
import type { CursorWish } from './cursor-wish.ts';
import type { PackedRows } from './packed-rows.ts';

/** A table or view, or, when there is one, a query. */
export interface RelationChoice {
  readonly relation: string;
  readonly query: string | null;
}

/** What a thread is started to do. */
export type SqliteTask =
  | (RelationChoice & {
      readonly kind: 'read';
      readonly path: string;
      readonly fileName: string;
      readonly range: RowidRange | null;
      readonly cursor: CursorRange | null;
    })
  | (RelationChoice & {
      readonly kind: 'describe';
      readonly path: string;
      readonly fileName: string;
      /** Whether to look for damage in the whole file first. */
      readonly checkFile: boolean;
      /** The table's ranges, where they are known; null: cut it. */
      readonly ranges: readonly RowidRange[] | null;
      readonly cursor: CursorWish | null;
    })
  | { readonly kind: 'list'; readonly path: string; readonly fileName: string };

/** What a thread says. The last message is `done` or `failed`. */
export type SqliteMessage =
  | { readonly kind: 'columns'; readonly names: readonly string[] }
  | RowsMessage
  | { readonly kind: 'description'; readonly description: RawDescription }
  | { readonly kind: 'relations'; readonly names: readonly string[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/** Consecutive rows. The client answers each of these with its memory, for rows to come. */
export interface RowsMessage extends PackedRows {
  readonly kind: 'rows';
  readonly undecodable: readonly UndecodableText[];
}

/** A text of which SQLite has given us something else than is stored, because it is not valid Unicode. */
export interface UndecodableText {
  /** Index into the rows of the message. */
  readonly row: number;
  readonly column: string;
}

/** A description before its samples, as they cross between threads, are made objects. */
export interface RawDescription {
  readonly columns: readonly SqliteColumn[];
  readonly ranges: readonly RowidRange[];
  readonly cursor: CursorRange | null;
  readonly samples: readonly (readonly SourceValue[])[];
}

export interface SqliteColumn {
  readonly name: string;
  /** As written in CREATE TABLE, for example `NUMERIC(10,2)`; null for expressions and untyped columns. */
  readonly declaredType: string | null;
}
