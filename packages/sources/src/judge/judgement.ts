import type { FieldFault, RejectReason } from '@millrace/shared/core/reject';

import type { TypedRow } from '@millrace/shared/core/typed-cell';

export type Judgement =
  /** `rows[t]` are the rows of the t-th table: one, or for an `each` table one per element of the array. */
  | { readonly ok: true; readonly rows: readonly (readonly TypedRow[])[] }
  | {
      readonly ok: false;
      /** Of the first fault. */
      readonly reason: RejectReason;
      /** The table of the first fault; null when the record is no object and so has no fields. */
      readonly table: string | null;
      /** One sentence for a person. */
      readonly message: string;
      /** Every field that does not fit, up to MAX_FAULTS of them. */
      readonly faults: readonly FieldFault[];
    };
