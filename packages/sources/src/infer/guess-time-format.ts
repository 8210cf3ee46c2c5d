import type { SourceValue } from '../source-value.ts';
import { compileStrptime } from '../judge/strptime.ts';

/** How dates are written by those who do not write them as ISO 8601 has it. */
const DAYS = [
  ...['%Y/%m/%d', '%Y.%m.%d', '%d.%m.%Y', '%d/%m/%Y', '%m/%d/%Y', '%d-%m-%Y', '%m-%d-%Y'],
  ...['%b %d %Y', '%b %d, %Y', '%B %d, %Y', '%B %d %Y', '%d %b %Y', '%d %B %Y', '%d-%b-%Y'],
];
const CLOCKS = [
  ...[' %H:%M', ' %H:%M:%S', ', %H:%M', ', %H:%M:%S', ' %H:%M:%S.%f', 'T%H:%M:%S'],
  ...[' %I:%M %p', ' %I:%M:%S %p', ', %I:%M %p', ', %I:%M:%S %p', ' %H:%M:%S %z', ' %H:%M %z'],
];
const INSTANTS = [
  ...['%Y-%m-%d %H:%M:%S %z', '%Y-%m-%d %H:%M:%S %Z', '%Y-%m-%d %H:%M:%S,%f', '%Y-%m-%d %I:%M:%S %p'],
  ...['%d/%b/%Y:%H:%M:%S %z', '%a, %d %b %Y %H:%M:%S %z', '%a, %d %b %Y %H:%M:%S %Z'],
  ...['%a %b %e %H:%M:%S %Y', '%a %b %d %H:%M:%S %z %Y'],
];
/** Of two digits, the century would be a guess about every value. */
const SHORT_YEARS = ['%d.%m.%y', '%d/%m/%y', '%m/%d/%y', '%d-%b-%y', '%y-%m-%d'];

export interface TimeFormat {
  readonly kind: 'date' | 'timestamp';
  readonly format: string;
}

/**
 * The formats in which all texts can be read: none, one, or several, as `03/04/2024` is read by day or month first.
 * Several are no answer, but something to ask.
 */
export function guessTimeFormats(values: readonly SourceValue[]): TimeFormat[] {
  const days = fitting(values, DAYS).map((format) => ({ kind: 'date' as const, format }));
  if (days.length > 0) return days;
  const clocks = DAYS.flatMap((day) => CLOCKS.map((clock) => day + clock));
  return fitting(values, [...INSTANTS, ...clocks]).map((format) => ({ kind: 'timestamp' as const, format }));
}

/** Formats with years of two digits that fit all texts. */
export function shortYearFormats(values: readonly SourceValue[]): string[] {
  return fitting(values, SHORT_YEARS);
}

/** Days written as eight digits, such as 20240131. */
export function areDigitDays(values: readonly SourceValue[]): boolean {
  return (
    values.every((value) => typeof value === 'string' && /^(19|20)\d{6}$/.test(value)) &&
    fitting(values, ['%Y%m%d']).length === 1
  );
}

function fitting(values: readonly SourceValue[], formats: readonly string[]): string[] {
  const [first] = values;
  if (typeof first !== 'string' || !/\d/.test(first)) return [];
  return formats.filter((format) => {
    const read = compileStrptime(format);
    return values.every((value) => typeof value === 'string' && typeof read(value) !== 'string');
  });
}
