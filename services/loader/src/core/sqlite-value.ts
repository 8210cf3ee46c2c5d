import { fail, type ErrorCode } from '@millrace/shared/core/errors';

/** A value as it is read from a batch: see `StoredValue` of the Parquet reader, of which null is not converted. */
export type BatchValue = string | bigint | number | boolean | Uint8Array;

/** What SQLite stores as it is. */
export type SqliteValue = string | bigint | number | Uint8Array | null;

/** Throws for a value that SQLite would keep as another one. */
export type Convert = (value: BatchValue) => SqliteValue;

/** Where a value comes from, for messages. */
export interface ValuePlace {
  readonly table: string;
  readonly column: string;
  readonly file: string;
}

/** Doubles, in which SQLite keeps decimals, give back every decimal of this many digits, and not of one more. */
const EXACT_DIGITS = 15;
const MAX_INT64 = 2n ** 63n - 1n;

/** Decimals come as text. Number() gives the nearest double, and NUMERIC affinity makes whole ones integers. */
export function decimalValue(place: ValuePlace): Convert {
  return (value) => {
    const text = String(value);
    // Text that is short enough needs no counting, and nearly all is.
    if (text.length > EXACT_DIGITS && significantDigits(text) > EXACT_DIGITS) {
      throw refuse('decimal_too_wide', place, value, {
        reason: `has more than ${EXACT_DIGITS} digits, the most that SQLite keeps exactly`,
        hint: 'Cast the column in the model to a narrower decimal, or to VARCHAR to keep every digit as text.',
      });
    }
    return Number(text);
  };
}

function significantDigits(decimal: string): number {
  return decimal.replace(/[-.]/g, '').replace(/^0+|0+$/g, '').length;
}

export function doubleValue(place: ValuePlace): Convert {
  return (value) => {
    if (Number.isFinite(value)) return value as number;
    throw refuse('value_not_storable', place, value, {
      reason: 'is not a finite number, and SQLite has no other',
      hint: 'Decide in the model what it means: for a division, NULLIF(divisor, 0) makes it null.',
    });
  };
}

/** Of unsigned integers of 64 bits. */
export function unsignedInteger(place: ValuePlace): Convert {
  return (value) => {
    if (typeof value === 'bigint' && value <= MAX_INT64) return value;
    throw refuse('value_not_storable', place, value, {
      reason: 'does not fit into 64 bits with a sign, the widest integer of SQLite',
      hint: 'Cast the column to VARCHAR in the model to keep every digit as text.',
    });
  };
}

const SHORT_YEAR = /^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?)?$/;

/** Of dates and timestamps, as text: other years would not sort, and infinity is none. */
export function shortYear(place: ValuePlace): Convert {
  return (value) => {
    if (typeof value === 'string' && SHORT_YEAR.test(value)) return value;
    throw refuse('value_not_storable', place, value, {
      reason: 'is outside the years 0001 to 9999, or finer than microseconds',
      hint: 'Change the model so that it does not make such values, or cast the column to VARCHAR in it.',
    });
  };
}

function refuse(
  code: ErrorCode,
  { table, column, file }: ValuePlace,
  value: BatchValue,
  why: { reason: string; hint: string },
): Error {
  return fail(code, {
    message: `A value of column '${column}' of table '${table}' ${why.reason}: ${String(value)}.`,
    where: file,
    hint: why.hint,
  });
}
