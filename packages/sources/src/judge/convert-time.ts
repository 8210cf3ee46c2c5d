import type { SourceValue } from '../source-value.ts';
import { dateOf, dateOfInstant, inCalendar, timestampOf, type CivilTime } from './calendar.ts';
import type { Dialect } from './dialect.ts';
import { parseIsoTime, type TimeFault } from './iso-time.ts';
import { NUMERIC_OF, toDecimal, trimmed } from './numeric.ts';
import { refusals, type Convert, type ValueReason } from './refusal.ts';
import { compileStrptime } from './strptime.ts';

/** Digits of microseconds: enough for every instant within the calendar. */
const MICROS_DIGITS = 20;
/** Decimal places from the unit of the epoch to microseconds. */
const EPOCH_SCALES: Readonly<Record<string, number>> = { epoch_s: 6, epoch_ms: 3 };
const EPOCH_UNITS: Readonly<Record<string, string>> = { epoch_s: 'seconds', epoch_ms: 'milliseconds' };

/** @param format `iso` (null means that), `epoch_s`, `epoch_ms` or a strptime pattern; throws `pipeline_invalid` for a bad one */
export function timestampConverter(format: string | null, dialect: Dialect): Convert {
  const epoch = epochReader(format, dialect);
  if (epoch !== null) return refusing(`${epochPhrase(format)} as a number`, epoch);
  const phrase = isIso(format)
    ? 'a time as YYYY-MM-DDTHH:MM:SS, in UTC or with Z or an offset'
    : `a time as ${format}`;
  const read = civilReader(format, dialect);
  return refusing(`${phrase}, to the microsecond`, (value) => {
    const time = read(value);
    return typeof time === 'string' ? time : timestampOf(time);
  });
}

/** Takes times as well when they are at midnight, since then the date is all they say. */
export function dateConverter(format: string | null, dialect: Dialect): Convert {
  const epoch = epochReader(format, dialect);
  if (epoch !== null) {
    return refusing(`${epochPhrase(format)} as a number, at midnight UTC`, (value) => {
      const micros = epoch(value);
      return typeof micros === 'string' ? micros : dateOfInstant(micros);
    });
  }
  const read = civilReader(format, dialect);
  return refusing(isIso(format) ? 'a date as YYYY-MM-DD' : `a date as ${format}`, (value) => {
    const time = read(value);
    return typeof time === 'string' ? time : dateOf(time);
  });
}

function isIso(format: string | null): boolean {
  return format === null || format === 'iso';
}

function epochPhrase(format: string | null): string {
  return `${EPOCH_UNITS[format ?? ''] ?? ''} since 1970-01-01 00:00 UTC`;
}

/** Reads microseconds since 1970-01-01 UTC; null when the format is not one of an epoch. */
function epochReader(
  format: string | null,
  dialect: Dialect,
): ((value: SourceValue) => bigint | ValueReason) | null {
  const scale = EPOCH_SCALES[format ?? ''];
  if (scale === undefined) return null;
  const numericOf = NUMERIC_OF[dialect];
  return (value) => {
    const numeric = numericOf(value);
    if (numeric === null) return 'type_mismatch';
    const micros = toDecimal(numeric, MICROS_DIGITS, scale);
    return typeof micros === 'bigint' ? inCalendar(micros) : micros;
  };
}

function civilReader(format: string | null, dialect: Dialect): (value: SourceValue) => CivilTime | TimeFault {
  const parse = format === null || format === 'iso' ? parseIsoTime : compileStrptime(format);
  const textOf = dialect === 'csv' ? trimmed : (text: string) => text;
  return (value) => (typeof value === 'string' ? parse(textOf(value)) : 'type_mismatch');
}

function refusing(expected: string, convert: (value: SourceValue) => bigint | number | ValueReason): Convert {
  const refused = refusals(expected);
  return (value) => {
    const cell = convert(value);
    return typeof cell === 'string' ? refused[cell] : cell;
  };
}
