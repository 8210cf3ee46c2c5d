import { daysOfDate } from '../judge/calendar.ts';

const WORD_BYTES = 4;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Reads dates `YYYY-MM-DD`, and knows the last one again: records that follow one another often have the same. */
export class DateReader {
  private yearWord = 0;
  private monthWord = 0;
  private dayWord = 0;
  private days: number | null = null;

  /**
   * Days since 1970-01-01 of the ten bytes at a place, or null when they are no date.
   * @param view of the same bytes
   */
  read(bytes: Uint8Array, view: DataView, at: number): number | null {
    const yearWord = view.getInt32(at, true);
    const monthWord = view.getInt32(at + WORD_BYTES, true);
    const dayWord = view.getInt16(at + 2 * WORD_BYTES, true);
    if (yearWord === this.yearWord && monthWord === this.monthWord && dayWord === this.dayWord)
      return this.days;
    this.yearWord = yearWord;
    this.monthWord = monthWord;
    this.dayWord = dayWord;
    this.days = daysAt(bytes, at);
    return this.days;
  }
}

function daysAt(bytes: Uint8Array, at: number): number | null {
  if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return null;
  const century = twoDigits(bytes, at);
  const year = twoDigits(bytes, at + 2);
  if (century < 0 || year < 0) return null;
  return daysOfDate(century * 100 + year, twoDigits(bytes, at + 5), twoDigits(bytes, at + 8));
}

/** The number of two digits at a place, or -1. */
export function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}
