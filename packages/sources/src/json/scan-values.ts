import type { BoundaryScanner, OnRecord, RecordSpot, ScanStart } from './boundary-scanner.ts';
import { brokenStructure } from './broken-structure.ts';
import { ByteOrderMark } from './byte-order-mark.ts';
import { BYTE, isWhiteSpace } from './json-bytes.ts';
import { ValueSkipper } from './value-skipper.ts';

/** Whole values one after another, each over as many lines as it likes. What is cut at the end is a broken record. */
export class ValueScanner implements BoundaryScanner {
  openAt = -1;
  readonly blank = 0;
  readonly #onRecord: OnRecord;
  readonly #skipper: ValueSkipper;
  readonly #fileName: string;
  readonly #mark = new ByteOrderMark();
  #base: number;
  #openLine = 0;

  constructor({ start, firstLine }: ScanStart, fileName: string, onRecord: OnRecord) {
    this.#onRecord = onRecord;
    this.#skipper = new ValueSkipper(fileName, firstLine);
    this.#fileName = fileName;
    this.#base = start;
  }

  get spot(): RecordSpot {
    return this.openAt === -1 ? 'before' : 'elsewhere';
  }

  scan(bytes: Buffer, once: boolean): number {
    const skipper = this.#skipper;
    let at = 0;
    while (at < bytes.length) {
      if (this.openAt === -1) {
        const byte = bytes[at] as number;
        const offset = this.#base + at;
        at += 1;
        if (byte === BYTE.lineFeed) skipper.line += 1;
        if (isWhiteSpace(byte) || this.#mark.pass(byte, offset)) continue;
        if (this.#mark.isPart)
          throw brokenStructure(this.#fileName, offset, byte, 'the rest of a byte order mark');
        this.openAt = offset;
        this.#openLine = skipper.line;
        skipper.begin(byte, offset);
      }
      const end = skipper.skip(bytes, at, this.#base);
      if (end === -1) break;
      this.#found(this.#base + end, true);
      at = end;
      if (once) return this.#advance(at);
    }
    return this.#advance(bytes.length);
  }

  pass(byteCount: number, lineEnds: number): void {
    this.#base += byteCount;
    this.#skipper.line += lineEnds;
  }

  end(): void {
    if (this.openAt !== -1) this.#found(this.#base, this.#skipper.mayEnd);
  }

  #advance(count: number): number {
    this.#base += count;
    return count;
  }

  #found(end: number, whole: boolean): void {
    this.#onRecord(this.openAt, end, this.#openLine, whole);
    this.openAt = -1;
  }
}
