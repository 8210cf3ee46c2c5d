import type { CursorLag } from './cursor.ts';
import { fail } from './errors.ts';

const SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
};
const DURATION = /^(\d{1,6}) *(second|minute|hour|day|week)s?$/;

/** Reads the `lag` of a table: a number, or a duration such as `2 days`. Throws `pipeline_invalid`. */
export function parseLag(written: number | string): CursorLag {
  if (typeof written === 'number') return { kind: 'number', amount: written };
  const [, count, unit] = DURATION.exec(written.trim()) ?? [];
  if (count !== undefined && unit !== undefined) {
    return { kind: 'duration', seconds: Number(count) * (SECONDS[unit] ?? 0) };
  }
  throw fail('pipeline_invalid', {
    message: `'${written}' is not a lag.`,
    hint: 'Write a number in the unit of the column, or a duration in seconds, minutes, hours, days or weeks, such as `2 days`.',
  });
}
