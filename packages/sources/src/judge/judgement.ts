import type { DriftKind } from '@millrace/shared/core/drift';
import type { FieldFault, RejectReason } from '@millrace/shared/core/reject';

import type { TypedRow } from '@millrace/shared/core/typed-cell';

import type { SourceValue } from '../source-value.ts';

export type Judgement =
  /** `rows[t]` are the rows of the t-th table: one, or for an `each` table one per element of the array. */
  | {
      readonly ok: true;
      readonly rows: readonly (readonly TypedRow[])[];
      /** What contracts had the judge leave out; null for nearly all records. */
      readonly drift: readonly DriftNote[] | null;
    }
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
      /** What breaks a contract that says `freeze`, so that the run is to fail; null for nearly all records. */
      readonly breach: readonly DriftNote[] | null;
    };

/** A value that is left out or breaks a contract, or, where it is undefined, an absent field that is taken for null. */
export interface DriftNote {
  readonly table: string;
  readonly kind: DriftKind;
  /** As `from:` is written. */
  readonly path: string;
  readonly value: SourceValue | undefined;
}
