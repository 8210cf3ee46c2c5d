const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;
const SPACES = 0x20202020;
const ONES = 0x01010101;
const HIGHEST_BITS = 0x80808080;

/**
 * Whether one of four bytes ends a plain text: a quote, a backslash or a control character. A byte at a time would take
 * three times as long.
 *
 * A byte is 0 when subtracting 1 sets its highest bit, and is below a space when subtracting a space does, unless that
 * bit was set before. The borrow spoils the bytes above: of the bits set in the result only the lowest is to be believed.
 */
export function endsText(word: number): number {
  const quote = word ^ QUOTES;
  const backslash = word ^ BACKSLASHES;
  const isQuote = (quote - ONES) & ~quote;
  const isBackslash = (backslash - ONES) & ~backslash;
  const isControl = (word - SPACES) & ~word;
  return (isQuote | isBackslash | isControl) & HIGHEST_BITS;
}

/** Which of the four bytes it is, counted from 0, when `endsText` has found one. */
export function endOfText(found: number): number {
  return (31 - Math.clz32(found & -found)) >> 3;
}
