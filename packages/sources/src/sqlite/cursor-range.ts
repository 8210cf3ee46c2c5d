import {
  compareCursors,
  laterCursor,
  type CursorRange,
  type CursorValue,
} from '@millrace/shared/core/cursor';
import { fail } from '@millrace/shared/core/errors';

import type { CursorGroup } from './cursor-facts.ts';
import { stepBack } from './cursor-lag.ts';
import type { CursorWish } from './cursor-wish.ts';

export interface CursorContext {
  readonly groups: readonly CursorGroup[];
  /** Of the watermark; null without one. */
  readonly afterForm: string | null;
  /** For messages: "table 'orders'". */
  readonly what: string;
  readonly fileName: string;
}

/** Clocks are wrong by minutes, and times without a zone by up to 14 hours. */
const AHEAD_MS = 86_400_000;

/**
 * The rows to read. Throws `schema_mismatch` where values have no order in which later rows have greater ones: rows
 * behind the watermark would never be read, and nobody would be told.
 */
export function decideCursorRange(wish: CursorWish, context: CursorContext): CursorRange {
  const { column, after, lag } = wish;
  checkForms(wish, context);
  const greatest = context.groups.reduce<CursorValue | null>(
    (found, group) => laterCursor(found, group.greatest),
    null,
  );
  if (greatest !== null) checkReasonable(greatest, wish, context);
  if (after !== null && greatest !== null) checkSameKind(after, greatest, context, wish);
  const over =
    after === null
      ? null
      : lag === null
        ? { value: after, inclusive: false }
        : { value: stepBack(after, wish, context.fileName), inclusive: true };
  return { column, over, upTo: laterCursor(after, greatest) };
}

function checkForms({ column }: CursorWish, { groups, what, fileName }: CursorContext): void {
  const refuse = (message: string, hint: string) =>
    fail('schema_mismatch', {
      message: `The cursor '${column}' of ${what} ${message}`,
      where: fileName,
      hint,
    });
  const group = (form: string) => groups.find((one) => one.form === form);
  const nulls = group('null');
  if (nulls !== undefined) {
    throw refuse(
      `is null in ${nulls.rows} rows, which would never be read.`,
      `Read a query that gives them a value, such as SELECT *, coalesce(${column}, created_at) AS changed_at FROM …, with \`cursor: changed_at\`; or one that leaves them out: … WHERE ${column} IS NOT NULL.`,
    );
  }
  if (group('blob') !== undefined) {
    throw refuse(
      'holds bytes (BLOB), which have no order to read by.',
      'Choose a column of numbers or times.',
    );
  }
  const other = group('other');
  if (other !== undefined) {
    throw refuse(
      `holds text that is not an ISO date or time, such as ${quote(other.least)}, so that the order of texts is not that of times.`,
      'Choose another column, or read a query that converts it, for example with datetime(…) or CAST(… AS INTEGER).',
    );
  }
  // Integers and reals are numbers to SQLite and have one order.
  const forms = new Map(groups.map((one) => [isNumber(one) ? 'number' : one.form, one]));
  if (forms.size > 1) {
    const examples = [...forms.values()].map((one) => quote(one.greatest)).slice(0, 3);
    throw refuse(
      `is written in several forms, such as ${examples.join(' and ')}, which have no common order.`,
      'Store one form, or read a query that converts it, for example with datetime(…).',
    );
  }
}

function isNumber({ form }: CursorGroup): boolean {
  return form === 'integer' || form === 'real';
}

/** One row with a value from the far future would put the watermark there, and no later row were ever read. */
function checkReasonable(
  greatest: CursorValue,
  { column, epoch, plannedAt }: CursorWish,
  context: CursorContext,
) {
  const latest = new Date(Date.parse(plannedAt) + AHEAD_MS);
  const isAhead =
    greatest.type === 'text'
      ? greatest.text.replace('T', ' ').slice(0, 19) > latest.toISOString().replace('T', ' ').slice(0, 19)
      : epoch !== null && Number(greatest.text) / (epoch === 'epoch_s' ? 1 : 1000) > latest.getTime() / 1000;
  if (!isAhead && greatest.text !== 'Infinity') return;
  throw fail('schema_mismatch', {
    message: `The greatest value of the cursor '${column}' of ${context.what} is ${quote(greatest)}, which ${isAhead ? 'lies in the future' : 'nothing can exceed'}: rows that come later would be taken for read.`,
    where: context.fileName,
    hint: 'Correct that row, or leave it out by a query with WHERE.',
  });
}

function checkSameKind(
  after: CursorValue,
  greatest: CursorValue,
  { afterForm, groups, what, fileName }: CursorContext,
  { column }: CursorWish,
): void {
  const isSame =
    compareCursors(after, greatest) !== null &&
    (after.type !== 'text' || groups.some(({ form }) => form === afterForm));
  if (isSame) return;
  throw fail('schema_mismatch', {
    message: `The cursor '${column}' of ${what} is now written as ${quote(greatest)}, and the watermark is ${quote(after)}: they have no common order.`,
    where: fileName,
    hint: 'Run once with --full: it reads all rows and sets the watermark anew.',
  });
}

function quote(value: CursorValue | null): string {
  if (value === null) return 'null';
  return value.type === 'text' ? `'${value.text.slice(0, 60)}'` : value.text;
}
