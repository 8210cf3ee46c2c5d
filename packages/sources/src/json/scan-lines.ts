import type { BoundaryScanner, OnRecord, RecordSpot, ScanStart } from './boundary-scanner.ts';
import { ByteOrderMark } from './byte-order-mark.ts';
import { BYTE, isWhiteSpace } from './json-bytes.ts';

/**
 * One record per line. Lines end at 0x0A, which is part of no other character in UTF-8, so a bad line never takes the
 * next one with it; a CR before it is no part of the record. The last line may lack its end.
 */
export class LineScanner implements BoundaryScanner {
  openAt: number;
  blank = 0;
  readonly #onRecord: OnRecord;
  #base: number;
  #line: number;
  /** Whether the open line has had only white space so far. */
  #onlySpace = true;
  /** The byte before those at hand. */
  #before: number | undefined;
  readonly #mark = new ByteOrderMark();

  constructor({ start, firstLine }: ScanStart, onRecord: OnRecord) {
    this.#onRecord = onRecord;
    this.#base = start;
    this.#line = firstLine;
    this.openAt = start;
  }

  get spot(): RecordSpot {
    return this.openAt === this.#base ? 'before' : 'elsewhere';
  }

  scan(bytes: Buffer, once: boolean): number {
    let at = this.#passMark(bytes);
    for (
      let newline = bytes.indexOf(BYTE.lineFeed, at);
      newline !== -1;
      newline = bytes.indexOf(BYTE.lineFeed, at)
    ) {
      this.#look(bytes, at, newline);
      const isRecord = !this.#onlySpace;
      this.#endLine(bytes, newline);
      at = newline + 1;
      if (once && isRecord) return this.#advance(bytes, at);
    }
    this.#look(bytes, at, bytes.length);
    return this.#advance(bytes, bytes.length);
  }

  pass(byteCount: number, lineEnds: number): void {
    this.#base += byteCount;
    this.#line += lineEnds;
    this.openAt = this.#base;
  }

  end(): void {
    if (this.openAt === this.#base) return;
    if (this.#onlySpace) this.blank += 1;
    else this.#onRecord(this.openAt, this.#base, this.#line, false);
    this.openAt = this.#base;
  }

  #advance(bytes: Buffer, count: number): number {
    if (count > 0) this.#before = bytes[count - 1];
    this.#base += count;
    return count;
  }

  /** A byte order mark is no part of the first line; a part of one is data, and bad. */
  #passMark(bytes: Buffer): number {
    let at = 0;
    while (this.#mark.pass(bytes[at], this.#base + at)) at += 1;
    if (at > 0) {
      this.#onlySpace = !this.#mark.isPart;
      if (this.#onlySpace) this.openAt = this.#base + at;
    }
    return at;
  }

  #look(bytes: Buffer, from: number, to: number): void {
    for (let at = from; this.#onlySpace && at < to; at += 1) this.#onlySpace = isWhiteSpace(bytes[at]);
  }

  #endLine(bytes: Buffer, newline: number): void {
    const before = newline === 0 ? this.#before : bytes[newline - 1];
    const end = this.#base + newline;
    if (this.#onlySpace) this.blank += 1;
    else this.#onRecord(this.openAt, before === BYTE.carriageReturn ? end - 1 : end, this.#line, true);
    this.openAt = end + 1;
    this.#line += 1;
    this.#onlySpace = true;
  }
}
