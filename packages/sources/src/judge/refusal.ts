import type { RejectReason } from '@millrace/shared/core/reject';

import type { SourceValue } from '../source-value.ts';
import type { TypedCell } from '@millrace/shared/core/typed-cell';

/** Why a value does not fit its column. No cell is an object, so `typeof` tells a cell from a refusal. */
export class Refusal {
  readonly reason: RejectReason;
  /** A short phrase that says what is allowed, e.g. `a 64-bit integer`. */
  readonly expected: string;

  constructor(reason: RejectReason, expected: string) {
    this.reason = reason;
    this.expected = expected;
  }
}

/** The fate of one value, which is neither null nor absent. */
export type Convert = (value: SourceValue) => TypedCell | Refusal;

/** The reasons for which a single value is refused. */
export type ValueReason = Extract<
  RejectReason,
  'type_mismatch' | 'number_out_of_range' | 'number_precision_loss'
>;

/** One refusal per reason, made when a column is compiled and not for every bad value. */
export function refusals(expected: string): Readonly<Record<ValueReason, Refusal>> {
  return {
    type_mismatch: new Refusal('type_mismatch', expected),
    number_out_of_range: new Refusal('number_out_of_range', expected),
    number_precision_loss: new Refusal('number_precision_loss', expected),
  };
}
