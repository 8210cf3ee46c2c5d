import type { CursorLag } from './cursor.ts';
import { parseDuration } from './duration.ts';
import { fail } from './errors.ts';

/** Reads the `lag` of a table: a number, or a duration such as `2 days`. Throws `pipeline_invalid`. */
export function parseLag(written: number | string): CursorLag {
  if (typeof written === 'number') return { kind: 'number', amount: written };
  const seconds = parseDuration(written);
  if (seconds !== null) return { kind: 'duration', seconds };
  throw fail('pipeline_invalid', {
    message: `'${written}' is not a lag.`,
    hint: 'Write a number in the unit of the column, or a duration in seconds, minutes, hours, days or weeks, such as `2 days`.',
  });
}
