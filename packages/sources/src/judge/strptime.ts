import { fail } from '@millrace/shared/core/errors';

import { daysOfDate, isLeapYear, microsOfClock, type CivilTime } from './calendar.ts';
import { digitsAt, offsetAt, readFraction, type TimeFault } from './iso-time.ts';

/** What the directives of a pattern found; -1 where it may matter that a pattern says nothing. */
class Fields {
  year = -1;
  month = -1;
  day = -1;
  dayOfYear = -1;
  /** 0 is Sunday. */
  weekday = -1;
  hour = 0;
  hour12 = -1;
  /** 0 for AM, 1 for PM. */
  half = 0;
  minute = 0;
  second = 0;
  micros = 0;
  microsExact = true;
  offsetMinutes = 0;
}

/** Reads one part of the text into `fields`; returns where the next part begins, or -1 when the text does not fit. */
type Part = (text: string, at: number, fields: Fields) => number;

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const short = (names: readonly string[]) => names.map((name) => name.slice(0, 3));
/** As POSIX has it: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068. */
const TWO_DIGIT_YEAR_PIVOT = 69;
/** 1970-01-01 was a Thursday. */
const WEEKDAY_OF_DAY_ZERO = 4;

/** After a number, these leave no room for one that lacks its leading zero. */
const NUMBER_NEXT = /^(?:%[YymdejHIMSf]|\d)/;

/** `exact`: another number follows at once. */
const DIRECTIVES: Readonly<Record<string, (exact: boolean) => Part>> = {
  Y: () => number(4, 4, (fields, value) => (fields.year = value)),
  y: () =>
    number(2, 2, (fields, value) => (fields.year = value + (value < TWO_DIGIT_YEAR_PIVOT ? 2000 : 1900))),
  m: (exact) => number(exact ? 2 : 1, 2, (fields, value) => (fields.month = value)),
  d: (exact) => number(exact ? 2 : 1, 2, (fields, value) => (fields.day = value)),
  e: (exact) => spacePadded(number(exact ? 2 : 1, 2, (fields, value) => (fields.day = value))),
  j: (exact) => number(exact ? 3 : 1, 3, (fields, value) => (fields.dayOfYear = value)),
  H: (exact) => number(exact ? 2 : 1, 2, (fields, value) => (fields.hour = value)),
  I: (exact) => number(exact ? 2 : 1, 2, (fields, value) => (fields.hour12 = value)),
  M: (exact) => number(exact ? 2 : 1, 2, (fields, value) => (fields.minute = value)),
  S: (exact) => number(exact ? 2 : 1, 2, (fields, value) => (fields.second = value)),
  b: () => name(short(MONTHS), (fields, index) => (fields.month = index + 1)),
  B: () => name(MONTHS, (fields, index) => (fields.month = index + 1)),
  a: () => name(short(WEEKDAYS), (fields, index) => (fields.weekday = index)),
  A: () => name(WEEKDAYS, (fields, index) => (fields.weekday = index)),
  p: () => name(['AM', 'PM'], (fields, index) => (fields.half = index)),
  Z: () => name(['UTC', 'GMT'], (fields) => (fields.offsetMinutes = 0)),
  f: () => fraction,
  z: () => offset,
  '%': () => literal('%'),
};

/**
 * Makes the reader of a strptime pattern. Names are English, in any case; a name of the weekday must be that of the
 * date. Numbers may lack their leading zero unless another number follows at once.
 * Throws `pipeline_invalid` for a pattern that is not understood or does not name a day.
 */
export function compileStrptime(pattern: string): (text: string) => CivilTime | TimeFault {
  const { parts, letters } = compileParts(pattern);
  checkCompleteness(pattern, letters);
  return (text) => {
    const fields = new Fields();
    let at = 0;
    for (const part of parts) {
      at = part(text, at, fields);
      if (at < 0) return 'type_mismatch';
    }
    return at === text.length ? assemble(fields) : 'type_mismatch';
  };
}

function compileParts(pattern: string): { parts: Part[]; letters: Set<string> } {
  const parts: Part[] = [];
  const letters = new Set<string>();
  for (const match of pattern.matchAll(/%[^]?|[^%]+/g)) {
    const token = match[0];
    if (!token.startsWith('%')) {
      parts.push(literal(token));
      continue;
    }
    const letter = token.slice(1);
    const directive = Object.hasOwn(DIRECTIVES, letter) ? DIRECTIVES[letter] : undefined;
    if (directive === undefined) throw invalidPattern(pattern, `'${token}' is not known in it`);
    letters.add(letter);
    parts.push(directive(NUMBER_NEXT.test(pattern.slice(match.index + token.length))));
  }
  return { parts, letters };
}

function checkCompleteness(pattern: string, letters: ReadonlySet<string>): void {
  const has = (...any: readonly string[]) => any.some((letter) => letters.has(letter));
  const day = has('j') || (has('m', 'b', 'B') && has('d', 'e'));
  if (!has('Y', 'y') || !day) throw invalidPattern(pattern, 'it does not name a day of a year');
  if (has('I') !== has('p')) throw invalidPattern(pattern, '%I and %p need each other');
}

function invalidPattern(pattern: string, what: string): Error {
  return fail('pipeline_invalid', {
    message: `The time format '${pattern}' cannot be used: ${what}.`,
    hint: `Use iso, epoch_s, epoch_ms, or a pattern of ${Object.keys(DIRECTIVES)
      .map((letter) => `%${letter}`)
      .join(' ')} with at least year, month and day, for example '%d/%m/%Y %H:%M'.`,
  });
}

function assemble(fields: Fields): CivilTime | TimeFault {
  const days =
    fields.dayOfYear === -1 ? daysOfDate(fields.year, fields.month, fields.day) : daysOfYearDay(fields);
  const microsOfDay = microsOfClock(hourOf(fields), fields.minute, fields.second, fields.micros);
  if (days === null || microsOfDay === null) return 'type_mismatch';
  if (fields.weekday !== -1 && weekdayOf(days) !== fields.weekday) return 'type_mismatch';
  return fields.microsExact
    ? { days, microsOfDay, offsetMinutes: fields.offsetMinutes }
    : 'number_precision_loss';
}

function daysOfYearDay(fields: Fields): number | null {
  const first = daysOfDate(fields.year, 1, 1);
  if (first === null || fields.dayOfYear < 1 || fields.dayOfYear > (isLeapYear(fields.year) ? 366 : 365))
    return null;
  return first + fields.dayOfYear - 1;
}

function hourOf(fields: Fields): number {
  if (fields.hour12 === -1) return fields.hour;
  return fields.hour12 < 1 || fields.hour12 > 12 ? -1 : (fields.hour12 % 12) + 12 * fields.half;
}

function weekdayOf(days: number): number {
  return (((days + WEEKDAY_OF_DAY_ZERO) % 7) + 7) % 7;
}

function literal(expected: string): Part {
  return (text, at) => (text.startsWith(expected, at) ? at + expected.length : -1);
}

function number(least: number, most: number, store: (fields: Fields, value: number) => void): Part {
  return (text, at, fields) => {
    let end = at;
    while (end < at + most && digitsAt(text, end, 1) >= 0) end += 1;
    if (end - at < least) return -1;
    store(fields, digitsAt(text, at, end - at));
    return end;
  };
}

function spacePadded(part: Part): Part {
  return (text, at, fields) => part(text, text[at] === ' ' ? at + 1 : at, fields);
}

function name(names: readonly string[], store: (fields: Fields, index: number) => void): Part {
  const lower = names.map((each) => each.toLowerCase());
  return (text, at, fields) => {
    const rest = text.slice(at, at + 'September'.length).toLowerCase();
    const index = lower.findIndex((each) => rest.startsWith(each));
    if (index === -1) return -1;
    store(fields, index);
    return at + (lower[index]?.length ?? 0);
  };
}

const fraction: Part = (text, at, fields) => {
  const found = readFraction(text, at);
  if (found === null) return -1;
  fields.micros = found.micros;
  fields.microsExact = found.exact;
  return found.end;
};

const offset: Part = (text, at, fields) => {
  const [written] = /^(?:Z|[+-]\d\d(?::?\d\d)?)/.exec(text.slice(at, at + 6)) ?? [];
  const minutes = written === undefined ? null : offsetAt(written, 0);
  if (written === undefined || minutes === null) return -1;
  fields.offsetMinutes = minutes;
  return at + written.length;
};
