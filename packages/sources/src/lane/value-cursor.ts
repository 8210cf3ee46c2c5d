import { microsOfClock } from '../judge/calendar.ts';
import { BYTE } from '../json/json-bytes.ts';
import { DateReader, twoDigits } from './date-reader.ts';
import { endOfText, endsText } from './ends-text.ts';

/** Constants of this module cost nothing in its loops; properties of an imported object do. */
const {
  tab: TAB,
  lineFeed: LINE_FEED,
  carriageReturn: CARRIAGE_RETURN,
  space: SPACE,
  quote: QUOTE,
  colon: COLON,
  backslash: BACKSLASH,
} = BYTE;
const WORD_BYTES = 4;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_E = 0x45;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
/** Any number of fewer digits is exact in a double. */
const EXACT_DIGITS = 15;
/** Any number of so many digits fits into a signed integer of 32 bits. */
const DIGITS_OF_32_BITS = 9;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => Number(`1e${power}`));
const MICROS_PER_SECOND = 1_000_000;
const MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND;
const MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;
/** Microseconds within so many days of 1970 are exact in a double, offset included. */
const EXACT_DAYS = 100_000;
const DATE_LENGTH = 'YYYY-MM-DD'.length;
const MINUTES_LENGTH = 'YYYY-MM-DDTHH:MM'.length;
const SECONDS_LENGTH = 'YYYY-MM-DDTHH:MM:SS'.length;
const MICRO_DIGITS = 6;

/** Bytes behind the end of what a cursor reads that have to be there, and zero: they end whatever is cut off. */
export const PADDING_BYTES = 16;

/** What the letter behind a backslash stands for; 0 where it must not stand. */
const ESCAPES = new Uint8Array(256);
for (const [letter, meaning] of [
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
] as const) {
  ESCAPES[letter.charCodeAt(0)] = meaning.charCodeAt(0);
}

/** What methods of a cursor return where they have met what is not JSON, or not written plainly. */
export const NOT_PLAIN = -1;

/**
 * Reads parts of JSON, and numbers and times of any text, from bytes that are valid UTF-8. Positions are passed and
 * returned, and values left in fields: objects for them, and exceptions, would cost more than the reading.
 */
export class ValueCursor {
  bytes: Uint8Array = new Uint8Array(PADDING_BYTES);
  view = new DataView(this.bytes.buffer);
  /** Whether a line end is white space like others. */
  acrossLines = true;
  /** Line ends passed between values. */
  lineEnds = 0;
  /** About where the last part that was not plain stopped being so. */
  stoppedAt = 0;
  /** The number read last, times 10^`fraction`: an integer. */
  mantissa = 0;
  /** Digits behind the point of the number read last. */
  fraction = 0;
  /** The text read last: bytes of the input, or of a buffer when it had escapes. */
  text: Uint8Array = this.bytes;
  /** Of the same bytes as `text`. */
  textView = this.view;
  textStart = 0;
  textEnd = 0;
  /** The date or time read last: days, or microseconds since 1970-01-01 UTC. */
  time = 0;
  private readonly dates = new DateReader();
  private unescaped = new Uint8Array(1024);
  private unescapedView = new DataView(this.unescaped.buffer);

  /** Reads bytes that belong to somebody else; behind the end of an array there is nothing either. */
  use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Bytes to put what is to be read into, with PADDING_BYTES behind them. Cursors are used for one file after the
   * other, so they keep their memory.
   */
  reserve(byteCount: number): Uint8Array {
    if (this.bytes.byteLength < byteCount + PADDING_BYTES)
      this.use(new Uint8Array(byteCount + PADDING_BYTES));
    return this.bytes;
  }

  /** What was found by others is the text read last. */
  useText(text: Uint8Array, textView: DataView, start: number, end: number): void {
    this.text = text;
    this.textView = textView;
    this.textStart = start;
    this.textEnd = end;
  }

  /** The position behind white space. */
  skipSpace(from: number): number {
    const { bytes } = this;
    let at = from;
    for (let byte = bytes[at] as number; byte <= SPACE; byte = bytes[at] as number) {
      if (byte === LINE_FEED && this.acrossLines) this.lineEnds += 1;
      else if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) break;
      at += 1;
    }
    return at;
  }

  /** @param word in ASCII */
  word(from: number, word: Uint8Array): number {
    const { bytes } = this;
    for (let index = 0; index < word.length; index += 1) {
      if (bytes[from + index] !== word[index]) return this.stop(from);
    }
    return from + word.length;
  }

  /** The position behind a key, unless it has escapes. */
  key(from: number): number {
    const { bytes } = this;
    if (bytes[from] !== QUOTE) return this.stop(from);
    for (let at = from + 1; ; at += 1) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH || byte < SPACE) return this.stop(at);
    }
  }

  /** @param from the opening quote */
  string(from: number): number {
    const { bytes, view } = this;
    let at = from + 1;
    let found = endsText(view.getInt32(at, true));
    while (found === 0) {
      at += WORD_BYTES;
      found = endsText(view.getInt32(at, true));
    }
    at += endOfText(found);
    const byte = bytes[at] as number;
    if (byte !== QUOTE) return byte === BACKSLASH ? this.escapedString(from, at) : this.stop(at);
    this.useText(bytes, view, from + 1, at);
    return at + 1;
  }

  /** A number with at most 15 digits and no exponent, of which `mantissa` and `fraction` then tell the value. */
  plainNumber(from: number): number {
    const { bytes } = this;
    let at = from;
    let byte = bytes[at] as number;
    const isNegative = byte === MINUS;
    if (isNegative) byte = bytes[(at += 1)] as number;
    const first = at;
    // In 32 bits, where most numbers fit and arithmetic is fastest; for the others it is done again.
    let value = 0;
    while (byte >= ZERO && byte <= NINE) {
      value = (value * 10 + (byte - ZERO)) | 0;
      byte = bytes[(at += 1)] as number;
    }
    let digits = at - first;
    if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return this.stop(at);
    let fraction = 0;
    if (byte === POINT) {
      byte = bytes[(at += 1)] as number;
      const point = at;
      while (byte >= ZERO && byte <= NINE) {
        value = (value * 10 + (byte - ZERO)) | 0;
        byte = bytes[(at += 1)] as number;
      }
      fraction = at - point;
      if (fraction === 0) return this.stop(at);
      digits += fraction;
    }
    if (digits > EXACT_DIGITS || byte === LOWER_E || byte === UPPER_E) return this.stop(at);
    const magnitude = digits > DIGITS_OF_32_BITS ? longNumber(bytes, first, at) : value;
    this.mantissa = isNegative ? -magnitude : magnitude;
    this.fraction = fraction;
    return at;
  }

  /** Any number, whose value is not looked at. */
  skipNumber(from: number): number {
    const { bytes } = this;
    const first = bytes[from] === MINUS ? from + 1 : from;
    let at = this.digits(first);
    if (at === first || (bytes[first] === ZERO && at > first + 1)) return this.stop(at);
    if (bytes[at] === POINT) {
      const point = at + 1;
      at = this.digits(point);
      if (at === point) return this.stop(at);
    }
    if (bytes[at] !== LOWER_E && bytes[at] !== UPPER_E) return at;
    const sign = bytes[at + 1];
    const exponent = at + (sign === PLUS || sign === MINUS ? 2 : 1);
    at = this.digits(exponent);
    return at === exponent ? this.stop(at) : at;
  }

  /** Remembers where something was not plain. */
  stop(at: number): typeof NOT_PLAIN {
    this.stoppedAt = at;
    return NOT_PLAIN;
  }

  /** The text read last as a date `YYYY-MM-DD`. */
  date(): boolean {
    if (this.textEnd - this.textStart !== DATE_LENGTH) return false;
    const days = this.dates.read(this.text, this.textView, this.textStart);
    if (days === null) return false;
    this.time = days;
    return true;
  }

  /** The text read last as `YYYY-MM-DDTHH:MM:SS`, with up to six digits of a fraction, and `Z` or an offset. */
  timestamp(): boolean {
    const { text, textView, textStart, textEnd } = this;
    if (textEnd - textStart < SECONDS_LENGTH) return false;
    const separator = text[textStart + DATE_LENGTH];
    if (separator !== UPPER_T && separator !== SPACE) return false;
    if (text[textStart + 13] !== COLON || text[textStart + MINUTES_LENGTH] !== COLON) return false;
    const days = this.dates.read(text, textView, textStart);
    if (days === null || Math.abs(days) > EXACT_DAYS) return false;
    let at = textStart + SECONDS_LENGTH;
    let micros = 0;
    if (text[at] === POINT) {
      const point = (at += 1);
      while (at - point < MICRO_DIGITS && isDigit(text[at])) {
        micros = micros * 10 + ((text[at] as number) - ZERO);
        at += 1;
      }
      if (at === point) return false;
      micros *= POWERS_OF_TEN[MICRO_DIGITS - (at - point)] as number;
    }
    const clock = microsOfClock(
      twoDigits(text, textStart + 11),
      twoDigits(text, textStart + 14),
      twoDigits(text, textStart + 17),
      micros,
    );
    if (clock === null) return false;
    const offset = this.offset(at);
    if (Number.isNaN(offset)) return false;
    this.time = days * MICROS_PER_DAY + clock - offset * MICROS_PER_MINUTE;
    return true;
  }

  /** Minutes east of UTC that are written from `at` to the end of the text; NaN when that is something else. */
  private offset(at: number): number {
    const { text, textEnd } = this;
    const rest = textEnd - at;
    if (rest === 0) return 0;
    const sign = text[at];
    if (sign === UPPER_Z) return rest === 1 ? 0 : Number.NaN;
    if ((sign !== PLUS && sign !== MINUS) || rest !== 6 || text[at + 3] !== COLON) return Number.NaN;
    const hours = twoDigits(text, at + 1);
    const minutes = twoDigits(text, at + 4);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return Number.NaN;
    return (sign === MINUS ? -1 : 1) * (hours * 60 + minutes);
  }

  /** The position behind digits. */
  private digits(from: number): number {
    let at = from;
    while (isDigit(this.bytes[at])) at += 1;
    return at;
  }

  /** @param first the first backslash of the text whose opening quote is at `from` */
  private escapedString(from: number, first: number): number {
    const { bytes } = this;
    let length = first - from - 1;
    this.reserveText(length, 0);
    this.unescaped.set(bytes.subarray(from + 1, first));
    let at = first;
    for (let byte = bytes[at] as number; byte !== QUOTE; byte = bytes[at] as number) {
      if (byte < SPACE) return this.stop(at);
      if (length + 4 > this.unescaped.length) this.reserveText(length, length);
      if (byte !== BACKSLASH) {
        this.unescaped[length] = byte;
        length += 1;
        at += 1;
      } else if (bytes[at + 1] === LOWER_U) {
        const code = this.codePoint(at);
        if (code === -1) return this.stop(at);
        length = this.write(code, length);
        at += code > 0xffff ? 12 : 6;
      } else {
        const meaning = ESCAPES[bytes[at + 1] as number] as number;
        if (meaning === 0) return this.stop(at);
        this.unescaped[length] = meaning;
        length += 1;
        at += 2;
      }
    }
    this.useText(this.unescaped, this.unescapedView, 0, length);
    return at + 1;
  }

  /** What `\uXXXX`, or two of them, stand for; -1 when they stand for no character. */
  private codePoint(at: number): number {
    const high = this.hex(at + 2);
    if (high < 0xd800 || high > 0xdfff) return high;
    if (high > 0xdbff || this.bytes[at + 6] !== BACKSLASH || this.bytes[at + 7] !== LOWER_U) return -1;
    const low = this.hex(at + 8);
    if (low < 0xdc00 || low > 0xdfff) return -1;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  }

  private hex(at: number): number {
    let code = 0;
    for (let index = at; index < at + 4; index += 1) {
      const byte = this.bytes[index] as number;
      const lower = byte | 0x20;
      if (isDigit(byte)) code = code * 16 + (byte - ZERO);
      else if (lower >= 0x61 && lower <= 0x66) code = code * 16 + (lower - 0x57);
      else return -1;
    }
    return code;
  }

  /** Writes a character as UTF-8. @returns the position behind it */
  private write(code: number, at: number): number {
    const to = this.unescaped;
    if (code < 0x80) {
      to[at] = code;
      return at + 1;
    }
    if (code < 0x800) {
      to[at] = 0xc0 | (code >> 6);
      to[at + 1] = 0x80 | (code & 0x3f);
      return at + 2;
    }
    if (code < 0x10000) {
      to[at] = 0xe0 | (code >> 12);
      to[at + 1] = 0x80 | ((code >> 6) & 0x3f);
      to[at + 2] = 0x80 | (code & 0x3f);
      return at + 3;
    }
    to[at] = 0xf0 | (code >> 18);
    to[at + 1] = 0x80 | ((code >> 12) & 0x3f);
    to[at + 2] = 0x80 | ((code >> 6) & 0x3f);
    to[at + 3] = 0x80 | (code & 0x3f);
    return at + 4;
  }

  private reserveText(length: number, kept: number): void {
    if (length + 4 <= this.unescaped.length) return;
    const larger = new Uint8Array((length + 4) * 2);
    larger.set(this.unescaped.subarray(0, kept));
    this.unescaped = larger;
    this.unescapedView = new DataView(larger.buffer);
  }
}

/** The digits up to `end` as a number, without a point that is among them. */
function longNumber(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte !== POINT) value = value * 10 + (byte - ZERO);
  }
  return value;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
