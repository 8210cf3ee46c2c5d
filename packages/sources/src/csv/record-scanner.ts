import type { RejectReason } from '@millrace/shared/core/reject';
import { MAX_RECORD_BYTES } from '@millrace/shared/core/reject';

import { ByteFinder } from './byte-finder.ts';

const LF = 0x0a;
const CR = 0x0d;

/**
 * Where the walk through a record stands. A record without a quote stays `plain` and is found by its line end
 * alone; the others are walked byte by byte, because only there a line end may be data.
 */
const MODE = {
  plain: 0,
  fieldStart: 1,
  unquoted: 2,
  quoted: 3,
  /** Behind a quote inside a quoted field: the field's end, or the first half of a doubled quote. */
  quoteSeen: 4,
  /** Behind a closing quote and a CR that must belong to the line end. */
  crSeen: 5,
  /** The record is not CSV; it ends with its line. */
  broken: 6,
} as const;
type Mode = (typeof MODE)[keyof typeof MODE];

export interface ScannerOptions {
  readonly delimiter: string;
  readonly quote: string;
  /** `cr`: a CR, an LF or both end a record. `lf` and `crlf`: an LF does, with or without a CR before it. */
  readonly newline: 'lf' | 'crlf' | 'cr';
  /** Offset in the file of the first byte that is pushed. */
  readonly byteOffset: number;
  /** Line in which that byte stands, from 1. */
  readonly line: number;
  /** Bytes to pass over before the first record (byte order mark and header). */
  readonly skipBytes: number;
  readonly maxRecordBytes?: number;
}

export interface ScanFault {
  readonly reason: Extract<
    RejectReason,
    'csv_bad_quote' | 'csv_unterminated_quote' | 'record_too_large' | 'truncated_record'
  >;
  /** Offset in the file of the byte at fault. */
  readonly byteOffset: number;
}

/**
 * Finds where records begin and end, in a stream cut into chunks anywhere. Reading and cutting into partitions
 * both use it, so that they cannot disagree about what a record is.
 *
 * `push` bytes, call `next` until it returns false, push more; `finish` and `next` at the end. The fields describe
 * the record that `next` found and are overwritten by the next one: an object per record would halve the speed.
 * A chunk becomes part of the window without a copy where possible, so its producer must not write to it again.
 *
 * An open quote must not swallow the file: when no end is found within `maxRecordBytes`, or before the end of the
 * file, the record is its first line only (`csv_unterminated_quote`) and the scan goes on behind that line. A line
 * that is longer than the limit is passed over without being kept (`record_too_large`).
 */
export class RecordScanner {
  /** Bytes at hand; `start` and `end` count from its beginning. */
  window: Buffer = Buffer.alloc(0);
  start = 0;
  /** Behind the last byte of the record; its line end is not part of it. */
  end = 0;
  byteOffset: number;
  byteLength = 0;
  /** Line on which the record starts. */
  line: number;
  /** Whether the record has a quote anywhere. */
  quoted = false;
  /** Whether a line end follows; only the last record of a file may lack one. */
  terminated = false;
  fault: ScanFault | null = null;

  readonly #universal: boolean;
  readonly #delimiter: number;
  readonly #maxBytes: number;
  readonly #lf = new ByteFinder(LF);
  readonly #cr = new ByteFinder(CR);
  readonly #quote: ByteFinder;
  /** Room that grows to hold an unfinished record and the chunk that follows it. */
  #store: Buffer = Buffer.alloc(0);
  /** Offset in the file of the window's first byte. */
  #base: number;
  #skip: number;
  #at = 0;
  #nextLine: number;
  #mode: Mode = MODE.plain;
  /** Bytes of the current record already walked, and the place that broke it (window position). */
  #walked = 0;
  #brokenAt = 0;
  /** Bytes passed over behind the kept part of a record that is too large. */
  #dropped = 0;
  #lastDropped = 0;
  #dropping = false;
  #skipLf = false;
  #finished = false;

  constructor(options: ScannerOptions) {
    this.#universal = options.newline === 'cr';
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#quote = new ByteFinder(options.quote.charCodeAt(0));
    this.#maxBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
    this.#base = options.byteOffset;
    this.#skip = options.skipBytes;
    this.#nextLine = options.line;
    this.line = options.line;
    this.byteOffset = options.byteOffset;
  }

  /** True for a line with nothing on it, which is no record. */
  get blank(): boolean {
    return this.end === this.start && !this.quoted;
  }

  /** Offset in the file of the first byte behind the record and its line end. */
  get nextByteOffset(): number {
    const pairedLf = this.#skipLf && this.window[this.#at] === LF ? 1 : 0;
    return this.#base + this.#at + pairedLf;
  }

  push(chunk: Uint8Array): void {
    const restBytes = this.window.length - this.#at;
    if (restBytes === 0) {
      this.window = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    } else {
      this.#append(chunk, restBytes);
    }
    this.#brokenAt -= this.#at;
    this.#base += this.#at;
    this.#at = 0;
    this.#forgetPositions();
  }

  /** No more bytes will come. */
  finish(): void {
    this.#finished = true;
  }

  /** Moves to the next record or blank line. False: push more bytes, or, behind `finish`, there is none. */
  next(): boolean {
    if (this.#skip > 0 && !this.#skipHeader()) return false;
    if (this.#skipLf && this.#at < this.window.length) {
      this.#skipLf = false;
      if (this.window[this.#at] === LF) this.#at += 1;
    }
    if (this.#at === this.window.length) return false;
    if (!this.#dropping) {
      const end = this.#findEnd();
      if (end !== -1) return this.#found(end, true, this.#brokenFault());
    }
    if (this.#dropping || this.window.length - this.#at > this.#maxBytes) return this.#findEndOfOversized();
    return this.#finished && this.#foundLast();
  }

  #append(chunk: Uint8Array, restBytes: number): void {
    const neededBytes = restBytes + chunk.length;
    const store = this.#store.length < neededBytes ? Buffer.allocUnsafeSlow(neededBytes * 2) : this.#store;
    // A rest that stands at the beginning of the store already stays there: a long record is not copied again.
    if (store.buffer !== this.window.buffer || this.#at > 0) this.window.copy(store, 0, this.#at);
    store.set(chunk, restBytes);
    this.#store = store;
    this.window = store.subarray(0, neededBytes);
  }

  #forgetPositions(): void {
    this.#lf.forget();
    this.#cr.forget();
    this.#quote.forget();
  }

  #skipHeader(): boolean {
    if (this.window.length < this.#skip && !this.#finished) return false;
    this.#at = Math.min(this.#skip, this.window.length);
    this.#nextLine += this.#countNewlines(0, this.#at);
    this.line = this.#nextLine;
    this.#skip = 0;
    return true;
  }

  #findNewline(from: number): number {
    const lf = this.#lf.find(this.window, from);
    return this.#universal ? Math.min(lf, this.#cr.find(this.window, from)) : lf;
  }

  /** Position of the line end that ends the record, or -1 when it is not within the window or the limit. */
  #findEnd(): number {
    const limit = Math.min(this.window.length, this.#at + this.#maxBytes + 1);
    if (this.#mode === MODE.plain) {
      const from = this.#at + this.#walked;
      const newline = this.#findNewline(from);
      const quote = this.#quote.find(this.window, from);
      if (newline < quote && newline < limit) return newline;
      if (quote >= limit) {
        this.#walked = limit - this.#at;
        return -1;
      }
      this.#mode = MODE.fieldStart;
      this.#walked = 0;
    }
    return this.#walk(limit);
  }

  #walk(limit: number): number {
    const { window } = this;
    const quote = this.#quote.byte;
    const delimiter = this.#delimiter;
    const universal = this.#universal;
    let mode: Mode = this.#mode;
    let at = this.#at + this.#walked;
    for (; at < limit; at += 1) {
      const byte = window[at] as number;
      if (mode === MODE.quoted) {
        if (byte === quote) mode = MODE.quoteSeen;
      } else if (byte === LF || (byte === CR && universal)) {
        break;
      } else if (byte === delimiter && mode < MODE.crSeen) {
        mode = MODE.fieldStart;
      } else if (mode !== MODE.unquoted || byte === quote) {
        const after = modeAfter(mode, byte, quote);
        if (after === MODE.broken && mode !== MODE.broken) this.#brokenAt = at;
        mode = after;
      }
    }
    this.#mode = mode;
    if (at < limit) return at;
    this.#walked = limit - this.#at;
    return -1;
  }

  #brokenFault(): ScanFault | null {
    if (this.#mode !== MODE.broken) return null;
    return { reason: 'csv_bad_quote', byteOffset: this.#base + this.#brokenAt };
  }

  /** More bytes than the limit are at hand and the record has not ended: a quote left open, or one huge line. */
  #findEndOfOversized(): boolean {
    const kept = this.#at + this.#maxBytes;
    if (!this.#dropping) {
      this.#forgetPositions();
      const newline = this.#findNewline(this.#at);
      if (newline <= kept && newline < this.window.length) return this.#foundUnterminated(newline);
      this.#dropping = true;
    }
    const newline = this.#findNewline(kept);
    const fault = { reason: 'record_too_large', byteOffset: this.#base + this.#at } as const;
    if (newline < this.window.length) return this.#found(newline, true, fault);
    if (this.window.length > kept) this.#lastDropped = this.window[this.window.length - 1] as number;
    this.#dropped += this.window.length - kept;
    this.window = this.window.subarray(0, kept);
    return this.#finished && this.#found(kept, false, fault);
  }

  #foundLast(): boolean {
    const end = this.window.length;
    if (this.#mode !== MODE.quoted) return this.#found(end, false, this.#brokenFault());
    this.#forgetPositions();
    const newline = this.#findNewline(this.#at);
    if (newline < end) return this.#foundUnterminated(newline);
    return this.#found(end, false, { reason: 'truncated_record', byteOffset: this.#base + end });
  }

  #foundUnterminated(newline: number): boolean {
    return this.#found(newline, true, {
      reason: 'csv_unterminated_quote',
      byteOffset: this.#base + this.#quote.find(this.window, this.#at),
    });
  }

  #found(end: number, terminated: boolean, fault: ScanFault | null): boolean {
    const { window } = this;
    this.start = this.#at;
    this.byteOffset = this.#base + this.start;
    this.byteLength = end - this.start + this.#dropped;
    if (!this.#universal && this.byteLength > 0 && this.#byteBefore(end) === CR) this.byteLength -= 1;
    this.end = this.start + Math.min(this.byteLength, this.#maxBytes);
    this.line = this.#nextLine;
    this.quoted = this.#mode !== MODE.plain;
    this.terminated = terminated;
    this.fault = fault;

    if (this.quoted) this.#nextLine += this.#countNewlines(this.start, end);
    this.#nextLine += 1;
    this.#skipLf = terminated && this.#universal && window[end] === CR;
    this.#at = terminated ? end + 1 : end;
    this.#base += this.#dropped;
    this.#dropped = 0;
    this.#dropping = false;
    this.#mode = MODE.plain;
    this.#walked = 0;
    return true;
  }

  /** The byte of the file before a position, which is not in the window when bytes were dropped right there. */
  #byteBefore(end: number): number | undefined {
    const behindDropped = this.#dropped > 0 && end === this.#at + this.#maxBytes;
    return behindDropped ? this.#lastDropped : this.window[end - 1];
  }

  #countNewlines(from: number, to: number): number {
    let count = 0;
    for (let at = from; at < to; at += 1) {
      const byte = this.window[at];
      if (byte === LF && !(this.#universal && at > from && this.window[at - 1] === CR)) count += 1;
      else if (byte === CR && this.#universal) count += 1;
    }
    return count;
  }
}

/** For a byte that is neither a line end nor a delimiter, outside of a quoted field. */
function modeAfter(mode: Mode, byte: number, quote: number): Mode {
  switch (mode) {
    case MODE.fieldStart:
      return byte === quote ? MODE.quoted : MODE.unquoted;
    case MODE.unquoted:
      return byte === quote ? MODE.broken : MODE.unquoted;
    case MODE.quoteSeen:
      if (byte === quote) return MODE.quoted;
      return byte === CR ? MODE.crSeen : MODE.broken;
    default:
      return MODE.broken;
  }
}
