import { daysOfDate, microsOfClock, type CivilTime } from './calendar.ts';

export type TimeFault = 'type_mismatch' | 'number_precision_loss';

const ZERO = 0x30;
const NINE = 0x39;
const HYPHEN = 0x2d;
const COLON = 0x3a;
const LETTER_T = 0x54;
const SPACE = 0x20;
const POINT = 0x2e;
const MICRO_DIGITS = 6;
const MAX_FRACTION_DIGITS = 9;
const DATE_LENGTH = 'YYYY-MM-DD'.length;

/**
 * Reads `YYYY-MM-DD`, alone or with `HH:MM[:SS[.fraction]]` after a `T` or a space and `Z`, `±HH`, `±HHMM` or
 * `±HH:MM` at the end. A fraction finer than a microsecond is a loss of precision, not a form that is wrong.
 */
export function parseIsoTime(text: string): CivilTime | TimeFault {
  const days = daysAt(text);
  if (days === null) return 'type_mismatch';
  if (text.length === DATE_LENGTH) return { days, microsOfDay: 0, offsetMinutes: 0 };
  const separator = text.charCodeAt(DATE_LENGTH);
  if (separator !== LETTER_T && separator !== SPACE) return 'type_mismatch';
  if (text.charCodeAt(13) !== COLON) return 'type_mismatch';
  const hour = digitsAt(text, 11, 2);
  const minute = digitsAt(text, 14, 2);
  let second = 0;
  let at = 16;
  let fraction: Fraction | null = NO_FRACTION;
  if (text.charCodeAt(at) === COLON) {
    second = digitsAt(text, at + 1, 2);
    at += 3;
    if (text.charCodeAt(at) === POINT) {
      fraction = readFraction(text, at + 1);
      if (fraction === null) return 'type_mismatch';
      at = fraction.end;
    }
  }
  const microsOfDay = microsOfClock(hour, minute, second, fraction.micros);
  const offsetMinutes = at === text.length ? 0 : offsetAt(text, at);
  if (microsOfDay === null || offsetMinutes === null) return 'type_mismatch';
  return fraction.exact ? { days, microsOfDay, offsetMinutes } : 'number_precision_loss';
}

function daysAt(text: string): number | null {
  if (text.charCodeAt(4) !== HYPHEN || text.charCodeAt(7) !== HYPHEN) return null;
  return daysOfDate(digitsAt(text, 0, 4), digitsAt(text, 5, 2), digitsAt(text, 8, 2));
}

/** The number that `count` digits at `at` write, or -1 when they are not all digits. */
export function digitsAt(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) {
    const code = text.charCodeAt(index);
    if (!(code >= ZERO && code <= NINE)) return -1;
    value = value * 10 + (code - ZERO);
  }
  return value;
}

interface Fraction {
  readonly micros: number;
  /** False when digits after the sixth are not zero. */
  readonly exact: boolean;
  readonly end: number;
}

const NO_FRACTION: Fraction = { micros: 0, exact: true, end: 0 };

/** One to nine digits of a fraction of a second, or null. */
export function readFraction(text: string, at: number): Fraction | null {
  let micros = 0;
  let exact = true;
  let end = at;
  for (; end < at + MAX_FRACTION_DIGITS; end += 1) {
    const digit = digitsAt(text, end, 1);
    if (digit < 0) break;
    if (end - at < MICRO_DIGITS) micros = micros * 10 + digit;
    else if (digit !== 0) exact = false;
  }
  if (end === at) return null;
  return { micros: micros * 10 ** Math.max(0, MICRO_DIGITS - (end - at)), exact, end };
}

/** Minutes east of UTC that the rest of the text from `at` writes, or null. */
export function offsetAt(text: string, at: number): number | null {
  const sign = text[at];
  const rest = text.length - at;
  if (sign === 'Z') return rest === 1 ? 0 : null;
  if (sign !== '+' && sign !== '-') return null;
  const minuteAt = text.charCodeAt(at + 3) === COLON ? at + 4 : at + 3;
  const hours = digitsAt(text, at + 1, 2);
  const minutes = rest === 3 ? 0 : digitsAt(text, minuteAt, 2);
  if (rest !== 3 && minuteAt + 2 !== text.length) return null;
  // No place is or was further from UTC than 15:59; more is a mistake of whoever wrote it.
  if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return null;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes);
}
