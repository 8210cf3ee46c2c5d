import type { IntegerStore } from '@millrace/shared/core/columns/number-stores';
import { INLINE_BYTES, type TextStore } from '@millrace/shared/core/columns/text-store';

import { BYTE } from '../json/json-bytes.ts';
import { endOfText, endsText } from './ends-text.ts';
import type { Slot, Target } from './record-shape.ts';
import { NOT_PLAIN, type ValueCursor } from './value-cursor.ts';

/** Constants of this module cost nothing in its loops; properties of an imported object do. */
const { quote: QUOTE } = BYTE;
const WORD_BYTES = 4;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 9;
/** As `byte - ZERO`, like all that is compared with a digit. */
const POINT = 0x2e - ZERO;
const UPPER_E = 0x45 - ZERO;
const LOWER_E = 0x65 - ZERO;
/** Any number of so many digits fits into a signed integer of 32 bits. */
const DIGITS_OF_32_BITS = 9;

// What most values are, read and put in one step and without a detour over fields of the cursor: a short text, and a
// number of few digits. Whatever else it is, nothing is put, and the ways for any text and number find out.

/**
 * Puts a text of at most 12 bytes and without escapes.
 * @param start behind the opening quote
 * @returns the position behind the closing quote, or NOT_PLAIN when it is another kind of text
 */
export function putShortText({ store, column }: Target, { bytes, view }: ValueCursor, start: number): number {
  const first = view.getInt32(start, true);
  let second = 0;
  let third = 0;
  let length = 0;
  let found = endsText(first);
  if (found === 0) {
    second = view.getInt32(start + WORD_BYTES, true);
    found = endsText(second);
    length = WORD_BYTES;
    if (found === 0) {
      third = view.getInt32(start + 2 * WORD_BYTES, true);
      found = endsText(third);
      length = 2 * WORD_BYTES;
    }
  }
  length = found === 0 ? INLINE_BYTES : length + endOfText(found);
  if (bytes[start + length] !== QUOTE) return NOT_PLAIN;
  store.given += 1;
  (column as TextStore).putWords(store.rows, length, first, second, third);
  return start + length + 1;
}

/**
 * Puts an integer or decimal of at most 9 digits and no exponent, with as many behind the point as its column has.
 * @returns the position behind it, or NOT_PLAIN when it is another kind of number, or none
 */
export function putShortNumber(
  { scale, limit }: Slot,
  { store, column }: Target,
  bytes: Uint8Array,
  from: number,
): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  let at = first;
  let value = 0;
  let digit = (bytes[at] as number) - ZERO;
  while (digit >= 0 && digit <= NINE) {
    value = (value * 10 + digit) | 0;
    digit = (bytes[(at += 1)] as number) - ZERO;
  }
  let digits = at - first;
  if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return NOT_PLAIN;
  let fraction = 0;
  if (digit === POINT) {
    const point = (at += 1);
    digit = (bytes[at] as number) - ZERO;
    while (digit >= 0 && digit <= NINE) {
      value = (value * 10 + digit) | 0;
      digit = (bytes[(at += 1)] as number) - ZERO;
    }
    fraction = at - point;
    if (fraction === 0) return NOT_PLAIN;
    digits += fraction;
  }
  if (digits > DIGITS_OF_32_BITS || digit === UPPER_E || digit === LOWER_E) return NOT_PLAIN;
  if (fraction !== scale || value >= limit) return NOT_PLAIN;
  store.given += 1;
  (column as IntegerStore).putInt32(store.rows, first === from ? value : (0 - value) | 0);
  return at;
}
