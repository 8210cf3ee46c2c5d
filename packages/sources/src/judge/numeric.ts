import { ExactNumber, type SourceValue } from '../source-value.ts';
import type { Dialect } from './dialect.ts';
import { isNumberText, parseExactDecimal, scaleExactly } from './exact-decimal.ts';
import type { ValueReason } from './refusal.ts';

/** A number as a source writes one; a string is the text of a number. */
export type Numeric = number | bigint | string;

const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 63n - 1n;
/** 2^63 has 19 digits. */
const INTEGER_DIGITS = 19;
/** Any decimal of fewer digits is one of those that a double tells apart. */
const EXACT_LIMIT = 1e15;
const EXACT_SCALE = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_SCALE + 1 }, (_, power) => Number(`1e${power}`));

/** What counts as a number in each dialect; null for all other values. */
export const NUMERIC_OF: Readonly<Record<Dialect, (value: SourceValue) => Numeric | null>> = {
  json: jsonNumeric,
  csv: (value) => (typeof value === 'string' ? numberText(trimmed(value)) : null),
  sqlite: (value) => (typeof value === 'bigint' || typeof value === 'number' ? value : null),
  parquet: jsonNumeric,
};

function jsonNumeric(value: SourceValue): Numeric | null {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  return value instanceof ExactNumber ? value.text : null;
}

/** The text itself if it is a number, else null. */
export function numberText(text: string): string | null {
  return isNumberText(text) ? text : null;
}

/** Without the blanks around it, which CSV writers add to align columns. */
export function trimmed(text: string): string {
  const last = text.length - 1;
  return isBlank(text.charCodeAt(0)) || isBlank(text.charCodeAt(last))
    ? text.replace(/^[ \t]+|[ \t]+$/g, '')
    : text;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Whole numbers in any notation (5, 5.0, 5e0); a fraction is of another type, not a matter of precision. */
export function toInteger(numeric: Numeric): bigint | ValueReason {
  if (typeof numeric === 'number') {
    if (!Number.isFinite(numeric)) return 'number_out_of_range';
    return Number.isInteger(numeric) ? inRange(BigInt(numeric)) : 'type_mismatch';
  }
  if (typeof numeric === 'bigint') return inRange(numeric);
  if (numeric.length <= EXACT_SCALE && /^\d+$/.test(numeric)) return BigInt(Number(numeric));
  const decimal = parseExactDecimal(numeric);
  if (decimal === null) return 'type_mismatch';
  const scaled = scaleExactly(decimal, INTEGER_DIGITS, 0);
  if (scaled === 'number_precision_loss') return 'type_mismatch';
  return typeof scaled === 'bigint' ? inRange(scaled) : scaled;
}

function inRange(integer: bigint): bigint | ValueReason {
  return integer >= MIN_INTEGER && integer <= MAX_INTEGER ? integer : 'number_out_of_range';
}

/**
 * The nearest double. A fraction is rounded as doubles do, but a number written as an integer must come through
 * whole, and one that is not zero must not become zero.
 */
export function toDouble(numeric: Numeric): number | ValueReason {
  const double = Number(numeric);
  if (!Number.isFinite(double)) return 'number_out_of_range';
  if (typeof numeric === 'number') return double;
  if (typeof numeric === 'bigint' || /^[+-]?\d+$/.test(numeric)) {
    const exact = Math.abs(double) <= Number.MAX_SAFE_INTEGER || BigInt(double) === BigInt(numeric);
    return exact ? double : 'number_precision_loss';
  }
  return double === 0 && parseExactDecimal(numeric)?.digits !== '' ? 'number_precision_loss' : double;
}

/** The number × 10^`scale` as a bigint of at most `precision` digits. */
export function toDecimal(numeric: Numeric, precision: number, scale: number): bigint | ValueReason {
  const number = typeof numeric === 'string' ? numberOfShort(numeric) : numeric;
  if (typeof number === 'number') {
    const factor = POWERS_OF_TEN[scale] ?? Number.NaN;
    const unscaled = Math.round(number * factor);
    // Exact: both operands are, so the quotient is the double nearest to that decimal, and no other decimal of so
    // few digits has the same nearest double.
    if (Math.abs(unscaled) < EXACT_LIMIT && unscaled / factor === number) {
      return Math.abs(unscaled) < (POWERS_OF_TEN[precision] ?? EXACT_LIMIT)
        ? BigInt(unscaled)
        : 'number_out_of_range';
    }
    if (!Number.isFinite(number)) return 'number_out_of_range';
  }
  const decimal = parseExactDecimal(String(numeric));
  if (decimal === null) return 'type_mismatch';
  return scaleExactly(decimal, precision, scale);
}

/** Prices such as 12.50 come as text, for the zero at their end, and doubles tell so few digits apart. */
function numberOfShort(text: string): number | null {
  return text.length <= EXACT_SCALE && !/[eE]/.test(text) ? Number(text) : null;
}
