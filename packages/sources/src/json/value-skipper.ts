import { brokenStructure } from './broken-structure.ts';
import { BYTE, isWhiteSpace } from './json-bytes.ts';

/** Constants of this module cost nothing in its loops; properties of an imported object do. */
const {
  quote: QUOTE,
  comma: COMMA,
  colon: COLON,
  openBracket: OPEN_BRACKET,
  backslash: BACKSLASH,
  closeBracket: CLOSE_BRACKET,
  openBrace: OPEN_BRACE,
  closeBrace: CLOSE_BRACE,
  lineFeed: LINE_FEED,
} = BYTE;

const MODE = {
  /** In an object or array, outside of strings. */
  between: 0,
  string: 1,
  /** Behind a backslash in a string. */
  escape: 2,
  /** Behind the closing quote of a string in an object or array. */
  afterString: 3,
  /** In a number or a word that is itself the value. */
  scalar: 4,
} as const;
type Mode = (typeof MODE)[keyof typeof MODE];

/** Deeper brackets are only counted; the parser refuses such a value anyway. */
const CHECKED_DEPTH = 1024;
/** From a bracket or brace that opens to the one that closes it, in ASCII. */
const TO_CLOSER = 2;

/**
 * Passes over one JSON value, whose bytes may come in several chunks. It checks brackets, and that nothing but a
 * separator follows a string: so a missing quote is found where it shows first, and does not turn the rest of
 * the file inside out, text into structure. All else about the value is left to the parser.
 */
export class ValueSkipper {
  /** Line of the byte that is looked at next. */
  line: number;
  readonly #fileName: string;
  #mode: Mode = MODE.between;
  #depth = 0;
  /** The bytes that close the open objects and arrays. */
  readonly #closers = new Uint8Array(CHECKED_DEPTH);

  constructor(fileName: string, line: number) {
    this.#fileName = fileName;
    this.line = line;
  }

  /** Whether the value, as far as it was seen, could end here: only a number or a word can. */
  get mayEnd(): boolean {
    return this.#mode === MODE.scalar;
  }

  /**
   * Begins with the first byte of a value, which is thereby passed.
   * @param offset in the file, for messages
   */
  begin(byte: number, offset: number): void {
    this.#depth = 0;
    if (byte === QUOTE) this.#mode = MODE.string;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#open(byte);
    else if (isSeparator(byte)) throw brokenStructure(this.#fileName, offset, byte, 'a value');
    else this.#mode = MODE.scalar;
  }

  /**
   * Goes on at `from`.
   * @param base offset in the file of the first byte of `bytes`
   * @returns the position behind the value, or -1 when the bytes end first
   */
  skip(bytes: Buffer, from: number, base: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.#mode === MODE.string) {
        at = this.#skipString(bytes, at);
        if (this.#depth === 0 && this.#stringHasEnded) return at;
      } else if (this.#mode === MODE.between) {
        at = this.#skipBetween(bytes, at, base);
        if (this.#depth === 0) return at;
      } else if (this.#mode === MODE.escape) {
        this.#countLine(bytes[at]);
        this.#mode = MODE.string;
        at += 1;
      } else if (this.#mode === MODE.afterString) {
        at = this.#skipAfterString(bytes, at, base);
      } else {
        const end = this.#skipScalar(bytes, at, base);
        if (end < bytes.length) return end;
        at = end;
      }
    }
    return -1;
  }

  get #stringHasEnded(): boolean {
    return this.#mode === MODE.afterString;
  }

  #open(byte: number): void {
    if (this.#depth < CHECKED_DEPTH) this.#closers[this.#depth] = byte + TO_CLOSER;
    this.#depth += 1;
    this.#mode = MODE.between;
  }

  #skipString(bytes: Buffer, from: number): number {
    const end = bytes.length;
    let at = from;
    let line = this.line;
    for (; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.#mode = MODE.afterString;
        at += 1;
        break;
      }
      if (byte === BACKSLASH) {
        at += 1;
        if (at === end) this.#mode = MODE.escape;
        else if (bytes[at] === LINE_FEED) line += 1;
      } else if (byte === LINE_FEED) {
        line += 1;
      }
    }
    this.line = line;
    return at;
  }

  /**
   * The loop in which nearly all time is spent, hence the copies of fields. Strings that end within `bytes` are passed
   * here as well; only what is cut, or unusual behind a string, is left to the other methods.
   */
  #skipBetween(bytes: Buffer, from: number, base: number): number {
    const end = bytes.length;
    const closers = this.#closers;
    let { line } = this;
    let depth = this.#depth;
    let mode: Mode = MODE.between;
    let at = from;
    for (; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        for (at += 1; at < end; at += 1) {
          const inside = bytes[at];
          if (inside === QUOTE) break;
          if (inside === BACKSLASH) at += 1;
          if (bytes[at] === LINE_FEED) line += 1;
        }
        if (at >= end) {
          // The backslash was the last byte when its escape is what lies beyond.
          mode = at > end ? MODE.escape : MODE.string;
          break;
        }
        if (isSeparator(bytes[at + 1])) continue;
        mode = MODE.afterString;
        at += 1;
        break;
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (depth < CHECKED_DEPTH) closers[depth] = byte + TO_CLOSER;
        depth += 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        const closer = depth < CHECKED_DEPTH ? (closers[depth] as number) : byte;
        if (closer !== byte) {
          throw brokenStructure(this.#fileName, base + at, byte, `'${String.fromCharCode(closer)}'`);
        }
        if (depth === 0) {
          at += 1;
          break;
        }
      } else if (byte === LINE_FEED) line += 1;
    }
    this.line = line;
    this.#depth = depth;
    this.#mode = mode;
    return Math.min(at, end);
  }

  #skipAfterString(bytes: Buffer, at: number, base: number): number {
    const byte = bytes[at] as number;
    if (byte === COMMA || byte === COLON) this.#mode = MODE.between;
    // Seen again by the loop between strings, which keeps the count of brackets.
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      this.#mode = MODE.between;
      return at;
    } else if (!isWhiteSpace(byte)) {
      throw brokenStructure(this.#fileName, base + at, byte, "one of ':', ',', '}', ']' after a string");
    } else this.#countLine(byte);
    return at + 1;
  }

  #skipScalar(bytes: Buffer, from: number, base: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (isWhiteSpace(byte) || byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
        return at;
      }
      if (byte === QUOTE || byte === COLON || byte === OPEN_BRACKET || byte === OPEN_BRACE) {
        throw brokenStructure(this.#fileName, base + at, byte, 'the end of a number or word');
      }
    }
    return bytes.length;
  }

  #countLine(byte: number | undefined): void {
    if (byte === LINE_FEED) this.line += 1;
  }
}

/** What separates values, or ends the container they are in. */
function isSeparator(byte: number | undefined): boolean {
  return byte === COMMA || byte === COLON || byte === CLOSE_BRACKET || byte === CLOSE_BRACE;
}
