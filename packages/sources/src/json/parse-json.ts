import { ExactNumber, type SourceValue } from '../source-value.ts';
import { BYTE } from './json-bytes.ts';
import { JsonFaultError, jsonFault, unexpected, type JsonFault } from './json-fault.ts';
import { newJsonObject, setKeyOrder, type JsonObject } from './json-object.ts';
import { readEscapedString } from './json-string.ts';
import { KeyMemory, type KnownKey } from './key-memory.ts';

export type ParsedJson = { readonly ok: true; readonly value: SourceValue } | JsonFault;

const MAX_JSON_DEPTH = 256;
/** Filling the memory of keys takes about as long as reading a thousand texts. */
const TEXTS_UNTIL_FORGOTTEN = 20_000;
/** A decimal of at most this many digits comes back digit for digit from a double. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => Number(`1e${power}`));
/** The least digits that, with so many of them after the point, make no less than 0.000001: below it `String` writes an exponent. */
const LEAST_DIGITS = POWERS_OF_TEN.map((_, scale) => Number(`1e${scale - 6}`));

/** Constants of this module cost nothing in its loops; properties of an imported object do. */
const {
  tab: TAB,
  lineFeed: LINE_FEED,
  carriageReturn: CARRIAGE_RETURN,
  space: SPACE,
  quote: QUOTE,
  comma: COMMA,
  colon: COLON,
  openBracket: OPEN_BRACKET,
  backslash: BACKSLASH,
  closeBracket: CLOSE_BRACKET,
  openBrace: OPEN_BRACE,
  closeBrace: CLOSE_BRACE,
} = BYTE;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;

/**
 * Reads one JSON value, by RFC 8259 to the letter, and refuses what JSON.parse lets pass in silence: duplicate keys,
 * lone surrogates, and numbers it would round. A number comes back as a JS number only if `String` of it is the text
 * it was written with, else as `ExactNumber`.
 * @param text decoded from valid UTF-8
 */
export function parseJson(
  text: string,
  limits: { readonly maxDepth: number } = { maxDepth: MAX_JSON_DEPTH },
): ParsedJson {
  try {
    return { ok: true, value: parser.parse(text, limits.maxDepth) };
  } catch (error) {
    if (error instanceof JsonFaultError) return error.fault;
    throw error;
  }
}

/** Recursive descent; `#at` is the next character to look at. `charCodeAt` beyond the end gives NaN, which equals nothing. */
class JsonParser {
  #text = '';
  #at = 0;
  #depthLeft = 0;
  #keys = new KeyMemory();
  #textsSinceFull = 0;

  parse(text: string, maxDepth: number): SourceValue {
    this.#text = text;
    this.#at = 0;
    this.#depthLeft = maxDepth;
    if (this.#keys.isFull) this.#forgetNowAndThen();
    try {
      const value = this.#value(this.#skipSpace(), this.#keys.top);
      this.#skipSpace();
      if (this.#at < text.length) throw unexpected(text, this.#at, 'nothing more after the value');
      return value;
    } finally {
      this.#text = '';
    }
  }

  /** The records may be of another file by now, with keys that are worth remembering. */
  #forgetNowAndThen(): void {
    this.#textsSinceFull += 1;
    if (this.#textsSinceFull < TEXTS_UNTIL_FORGOTTEN) return;
    this.#textsSinceFull = 0;
    this.#keys = new KeyMemory();
  }

  /** Passes white space; returns the character after it. */
  #skipSpace(): number {
    const text = this.#text;
    let at = this.#at;
    let code = text.charCodeAt(at);
    while (code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB) {
      at += 1;
      code = text.charCodeAt(at);
    }
    this.#at = at;
    return code;
  }

  /** @param place the key under which the value stands; null: not remembered */
  #value(code: number, place: KnownKey | null): SourceValue {
    switch (code) {
      case QUOTE:
        return this.#string();
      case OPEN_BRACE:
        return this.#object(place);
      case OPEN_BRACKET:
        return this.#array(place);
      case LOWER_N:
        return this.#word('null', null);
      case LOWER_T:
        return this.#word('true', true);
      case LOWER_F:
        return this.#word('false', false);
      default:
        return this.#number(code);
    }
  }

  #object(place: KnownKey | null): JsonObject {
    this.#enter();
    const object = place === null ? newJsonObject() : place.inner.newObject();
    let known = place === null ? null : place.inner.start;
    let order: string[] | null = null;
    let code = this.#skipSpace();
    if (code === CLOSE_BRACE) return this.#leave(object);
    for (;;) {
      if (code !== QUOTE) throw unexpected(this.#text, this.#at, 'a key in double quotes');
      const expected = known === null ? null : known.next;
      let key: string;
      if (expected !== null && this.#passKey(expected.key)) {
        known = expected;
        key = expected.key;
      } else {
        const keyAt = this.#at;
        key = this.#string();
        known = known === null || this.#at - keyAt !== key.length + 2 ? null : this.#keys.follow(known, key);
        if (known === null && object[key] !== undefined) throw this.#duplicate(key, keyAt);
      }
      if (this.#skipSpace() !== COLON) throw unexpected(this.#text, this.#at, "':'");
      this.#at += 1;
      if (order !== null) order.push(key);
      else if (isDigit(key.charCodeAt(0))) setKeyOrder(object, (order = [...Object.keys(object), key]));
      object[key] = this.#value(this.#skipSpace(), known);
      code = this.#skipSpace();
      if (code === CLOSE_BRACE) return this.#leave(object);
      if (code !== COMMA) throw unexpected(this.#text, this.#at, "',' or '}'");
      this.#at += 1;
      code = this.#skipSpace();
    }
  }

  /** Passes `key` if it stands here between quotes. */
  #passKey(key: string): boolean {
    const text = this.#text;
    const first = this.#at + 1;
    const length = key.length;
    if (text.charCodeAt(first + length) !== QUOTE) return false;
    for (let offset = 0; offset < length; offset += 1) {
      if (text.charCodeAt(first + offset) !== key.charCodeAt(offset)) return false;
    }
    this.#at = first + length + 1;
    return true;
  }

  #duplicate(key: string, at: number): JsonFaultError {
    const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
    return jsonFault(
      'duplicate_key',
      `The key ${JSON.stringify(shown)} stands again at character ${at + 1}.`,
    );
  }

  #array(place: KnownKey | null): SourceValue[] {
    this.#enter();
    const array: SourceValue[] = [];
    let code = this.#skipSpace();
    if (code === CLOSE_BRACKET) return this.#leave(array);
    for (;;) {
      array.push(this.#value(code, place));
      code = this.#skipSpace();
      if (code === CLOSE_BRACKET) return this.#leave(array);
      if (code !== COMMA) throw unexpected(this.#text, this.#at, "',' or ']'");
      this.#at += 1;
      code = this.#skipSpace();
    }
  }

  #enter(): void {
    if (this.#depthLeft === 0) {
      throw jsonFault(
        'depth_exceeded',
        `Objects and arrays are nested too deep at character ${this.#at + 1}.`,
      );
    }
    this.#depthLeft -= 1;
    this.#at += 1;
  }

  #leave<T>(value: T): T {
    this.#depthLeft += 1;
    this.#at += 1;
    return value;
  }

  #word<T>(word: string, value: T): T {
    for (let offset = 1; offset < word.length; offset += 1) {
      if (this.#text.charCodeAt(this.#at + offset) !== word.charCodeAt(offset)) {
        throw unexpected(this.#text, this.#at + offset, word);
      }
    }
    this.#at += word.length;
    return value;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return text.slice(start, at);
      }
      if (code === BACKSLASH) break;
      if (!(code >= SPACE))
        throw unexpected(text, at, 'the rest of a string (control characters must be escaped)');
      at += 1;
    }
    const escaped = readEscapedString(text, start, at);
    this.#at = escaped.end;
    return escaped.value;
  }

  #number(first: number): SourceValue {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let code = first;
    if (code === MINUS) code = text.charCodeAt(++at);
    if (!isDigit(code)) throw unexpected(text, at, at === start ? 'a value' : 'a digit');
    const whole = at;
    let digits = 0;
    do {
      digits = digits * 10 + (code - ZERO);
      code = text.charCodeAt(++at);
    } while (isDigit(code));
    if (text.charCodeAt(whole) === ZERO && at > whole + 1) {
      throw unexpected(text, whole + 1, 'no digit after a leading zero');
    }
    if (code === POINT || code === LOWER_E || code === UPPER_E)
      return this.#fraction(start, whole, at, digits);
    this.#at = at;
    if (at - whole > EXACT_DIGITS) return new ExactNumber(text.slice(start, at));
    if (whole === start) return digits;
    return digits === 0 ? new ExactNumber('-0') : -digits;
  }

  /** The rest of a number with a point or an exponent at `pointAt`. */
  #fraction(start: number, whole: number, pointAt: number, wholeDigits: number): SourceValue {
    const text = this.#text;
    let at = pointAt;
    let code = text.charCodeAt(at);
    let digits = wholeDigits;
    let last = 0;
    if (code === POINT) {
      code = text.charCodeAt(++at);
      if (!isDigit(code)) throw unexpected(text, at, 'a digit after the decimal point');
      do {
        last = code - ZERO;
        digits = digits * 10 + last;
        code = text.charCodeAt(++at);
      } while (isDigit(code));
    }
    const scale = at - pointAt - 1;
    if (code === LOWER_E || code === UPPER_E) {
      code = text.charCodeAt(++at);
      if (code === PLUS || code === MINUS) code = text.charCodeAt(++at);
      if (!isDigit(code)) throw unexpected(text, at, 'a digit of the exponent');
      while (isDigit(code)) code = text.charCodeAt(++at);
      last = 0;
    }
    this.#at = at;
    const divisor = POWERS_OF_TEN[scale];
    const leastDigits = LEAST_DIGITS[scale];
    // A last digit of zero, as an exponent, would not come back when the number is written out again.
    const exact =
      last !== 0 && at - whole <= EXACT_DIGITS + 1 && divisor !== undefined && leastDigits !== undefined;
    if (!exact || digits < leastDigits) return new ExactNumber(text.slice(start, at));
    const number = digits / divisor;
    return whole === start ? number : -number;
  }
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Shared, because the keys it remembers are what makes it fast. */
const parser = new JsonParser();
