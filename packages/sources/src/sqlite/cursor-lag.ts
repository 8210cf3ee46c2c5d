import type { CursorDeclaration, CursorLag, CursorValue } from '@millrace/shared/core/cursor';
import { fail } from '@millrace/shared/core/errors';

const SMALLEST_INTEGER = -(2n ** 63n);
const MS_PER_DAY = 86_400_000;

/** The watermark less the lag. Throws `schema_mismatch` when the lag is not of the kind that the values are. */
export function stepBack(
  after: CursorValue,
  { column, lag, epoch }: CursorDeclaration,
  fileName: string,
): CursorValue {
  if (lag === null || amountOf(lag) === 0) return after;
  const wrong = (message: string, hint: string) =>
    fail('schema_mismatch', { message, where: fileName, hint });
  if (after.type === 'text') {
    if (lag.kind === 'duration') return { type: 'text', text: textBefore(after.text, lag.seconds) };
    throw wrong(
      `The lag ${lag.amount} has no unit, and the cursor '${column}' holds times.`,
      'Write a duration, such as `lag: 2 days`.',
    );
  }
  if (lag.kind === 'number') return numberBefore(after, lag.amount);
  if (epoch !== null) return numberBefore(after, lag.seconds * (epoch === 'epoch_s' ? 1 : 1000));
  throw wrong(
    `The lag is a duration, and the cursor '${column}' holds numbers of unknown unit.`,
    'Write `lag` as a number in the unit of the column, or declare the column with `format: epoch_s` or `epoch_ms`.',
  );
}

function amountOf(lag: CursorLag): number {
  return lag.kind === 'number' ? lag.amount : lag.seconds;
}

/** Rounded down where the amount has a fraction: rows that are read again are better than rows that are not. */
function numberBefore({ type, text }: CursorValue, amount: number): CursorValue {
  if (type === 'real') return { type: 'real', text: String(Number(text) - amount) };
  const lower = BigInt(text) - BigInt(Math.ceil(amount));
  return { type: 'integer', text: String(lower < SMALLEST_INTEGER ? SMALLEST_INTEGER : lower) };
}

/** Of an ISO date or time, written in the same form: only date and clock change, fraction and zone stay. */
function textBefore(text: string, seconds: number): string {
  const isDate = text.length === 'YYYY-MM-DD'.length;
  const wholeDays = Math.ceil((seconds * 1000) / MS_PER_DAY) * MS_PER_DAY;
  const clock = isDate ? '00:00:00' : text.slice(11, 19);
  const time = Date.parse(`${text.slice(0, 10)}T${clock}Z`);
  const before = Math.max(time - (isDate ? wholeDays : seconds * 1000), Date.parse('0000-01-01T00:00:00Z'));
  if (Number.isNaN(before)) {
    throw fail('schema_mismatch', {
      message: `The watermark '${text}' is no time of the calendar, so that no lag can be taken off it.`,
      hint: 'Correct the row in the source, then run once with --full.',
    });
  }
  const iso = new Date(before).toISOString();
  return isDate
    ? iso.slice(0, 10)
    : `${iso.slice(0, 10)}${text[10] ?? ' '}${iso.slice(11, 19)}${text.slice(19)}`;
}
