import { timestampFormatter } from './timestamp-text.ts';

/** An ISO UTC time in the form that all times in a destination have: `YYYY-MM-DD HH:MM:SS[.ffffff]`. */
export function destinationTime(iso: string): string {
  return timestampFormatter()(BigInt(Date.parse(iso)) * 1000n) ?? iso;
}

/** The inverse of `destinationTime`. */
export function isoTime(text: string): string {
  return new Date(`${text.replace(' ', 'T')}Z`).toISOString();
}
