import type { ColumnSchema } from '@millrace/shared/core/batch';

import type { ProfileChange } from '../core/profile-change.ts';

/** How a table differs between two runs, as `--json` prints it. */
export interface TableDiff {
  readonly table: string;
  /** By which rows were matched; null: as whole rows. */
  readonly key: readonly string[] | null;
  /** Where the rows were read; null when those of one run are gone. */
  readonly compared: 'bucket' | 'destination' | null;
  readonly columns: {
    readonly added: readonly ColumnSchema[];
    readonly removed: readonly ColumnSchema[];
    readonly retyped: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  };
  /** Null when the rows could not be compared. */
  readonly rows: RowDiff | null;
  readonly profile: readonly ProfileChange[];
}

type Values = Readonly<Record<string, string | number | null>>;

/** In the columns that both runs have. */
export interface RowDiff {
  readonly before: number;
  readonly after: number;
  readonly added: number;
  readonly removed: number;
  /** Of the same key. Without a key 0: such a row counts as removed and added. */
  readonly changed: number;
  readonly unchanged: number;
  /** Keys that several of the differing rows of a run share: which of them became which cannot be told. */
  readonly shared_keys: number;
  /** In how many changed rows. */
  readonly changed_columns: Readonly<Record<string, number>>;
  readonly examples: {
    readonly removed: readonly Values[];
    readonly added: readonly Values[];
    readonly changed: readonly {
      readonly key: Values;
      readonly columns: Readonly<
        Record<string, { readonly before: Values[string]; readonly after: Values[string] }>
      >;
    }[];
  };
}
