/**
 * A date and time of day as it was written, checked against the calendar.
 * `days` since 1970-01-01, `offsetMinutes` east of UTC; a time without an offset counts as UTC.
 */
export interface CivilTime {
  readonly days: number;
  readonly microsOfDay: number;
  readonly offsetMinutes: number;
}

const MICROS_PER_MINUTE = 60_000_000;
const MICROS_PER_DAY = 86_400_000_000;
/** 0001-01-01 and 9999-12-31: beyond them a year has not four digits, and not every database can hold it. */
const MIN_DAYS = -719_162;
const MAX_DAYS = 2_932_896;
/** Microseconds within so many days of 1970 (273 years) are exact in a double. */
const EXACT_DAYS = 100_000;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days since 1970-01-01 in the Gregorian calendar, or null when there is no such day. `month` and `day` from 1. */
export function daysOfDate(year: number, month: number, day: number): number | null {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return null;
  const leapDay = month === 2 && isLeapYear(year) ? 1 : 0;
  if (day > (DAYS_IN_MONTH[month - 1] ?? 0) + leapDay) return null;
  // Counted in years that begin in March, so that the leap day is the last of its year.
  const marchYear = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

/** Microseconds of a time of day, or null when a clock does not show it (leap seconds and 24:00 included). */
export function microsOfClock(hour: number, minute: number, second: number, micros: number): number | null {
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return null;
  return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
}

/** Microseconds since 1970-01-01 UTC. */
export function timestampOf(time: CivilTime): bigint | 'number_out_of_range' {
  const { days, microsOfDay, offsetMinutes } = time;
  const micros = microsOfDay - offsetMinutes * MICROS_PER_MINUTE;
  if (Math.abs(days) < EXACT_DAYS) return BigInt(days * MICROS_PER_DAY + micros);
  return inCalendar(BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(micros));
}

/**
 * The date alone, when nothing is lost by it: midnight, and no offset other than zero, because with one the day
 * in UTC is another day.
 */
export function dateOf(time: CivilTime): number | 'type_mismatch' {
  return time.microsOfDay === 0 && time.offsetMinutes === 0 ? time.days : 'type_mismatch';
}

/** The same for an instant in microseconds since 1970-01-01 UTC. */
export function dateOfInstant(micros: bigint): number | 'type_mismatch' {
  return micros % BigInt(MICROS_PER_DAY) === 0n ? Number(micros / BigInt(MICROS_PER_DAY)) : 'type_mismatch';
}

export function inCalendar(micros: bigint): bigint | 'number_out_of_range' {
  const inside =
    micros >= BigInt(MIN_DAYS) * BigInt(MICROS_PER_DAY) &&
    micros < BigInt(MAX_DAYS + 1) * BigInt(MICROS_PER_DAY);
  return inside ? micros : 'number_out_of_range';
}
