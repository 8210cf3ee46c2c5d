import { fail, type MillraceError } from '@millrace/shared/core/errors';

import type { BoundaryScanner, OnRecord, RecordSpot, ScanStart } from './boundary-scanner.ts';
import { brokenStructure, cutShort, describeByte } from './broken-structure.ts';
import { ByteOrderMark } from './byte-order-mark.ts';
import { BYTE, isWhiteSpace } from './json-bytes.ts';
import { PathTracker, type RecordsPlace } from './path-tracker.ts';
import { ValueSkipper } from './value-skipper.ts';

/** What the next byte that is not white space may be. */
const EXPECT = {
  /** The outermost object or array. */
  top: 0,
  firstKey: 1,
  key: 2,
  /** In a key, up to its closing quote. */
  keyEnd: 3,
  colon: 4,
  memberValue: 5,
  firstElement: 6,
  element: 7,
  /** In a value that is passed over: a record, or something that no step leads to. */
  valueEnd: 8,
  /** A comma or the end of the container. */
  separator: 9,
  /** In the key of a record. */
  recordKeyEnd: 10,
  /** Nothing more: the document is complete. */
  nothing: 11,
} as const;
type Expect = (typeof EXPECT)[keyof typeof EXPECT];

/**
 * The elements of one array, or the members of one object, which is the file itself or is found by following steps
 * through a document. A member begins with its key. The rest of the document is walked to its end as well, because a file whose end is missing is not to be trusted.
 */
export class ContainerScanner implements BoundaryScanner {
  openAt = -1;
  readonly blank = 0;
  readonly #path: PathTracker;
  readonly #fileName: string;
  readonly #start: ScanStart;
  readonly #onRecord: OnRecord;
  readonly #skipper: ValueSkipper;
  readonly #mark = new ByteOrderMark();
  #expect: Expect = EXPECT.top;
  #base: number;
  #openLine = 0;
  #keyEscaped = false;

  constructor(place: RecordsPlace, start: ScanStart, fileName: string, onRecord: OnRecord) {
    this.#path = new PathTracker(place, fileName);
    this.#fileName = fileName;
    this.#start = start;
    this.#onRecord = onRecord;
    this.#skipper = new ValueSkipper(fileName, start.firstLine);
    this.#base = start.start;
    if (start.start === 0) return;
    this.#path.startInRecords();
    this.#expect = place.members ? EXPECT.key : EXPECT.element;
  }

  get spot(): RecordSpot {
    if (!this.#path.inRecords || !this.#path.inArray) return 'elsewhere';
    if (this.#expect === EXPECT.separator) return 'behind';
    return this.#expect === EXPECT.element || this.#expect === EXPECT.firstElement ? 'before' : 'elsewhere';
  }

  scan(bytes: Buffer, once: boolean): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#expect === EXPECT.valueEnd) {
        const wasOpen = this.openAt !== -1;
        at = this.#passValue(bytes, at);
        if (once && wasOpen && this.openAt === -1) break;
      } else if (this.#expect === EXPECT.keyEnd) at = this.#passKey(bytes, at);
      else if (this.#expect === EXPECT.recordKeyEnd) at = this.#passRecordKey(bytes, at);
      else {
        const byte = bytes[at] as number;
        if (byte === BYTE.lineFeed) this.#skipper.line += 1;
        if (!isWhiteSpace(byte)) this.#take(byte, this.#base + at);
        at += 1;
      }
    }
    this.#base += at;
    return at;
  }

  pass(byteCount: number, lineEnds: number): void {
    this.#base += byteCount;
    this.#skipper.line += lineEnds;
    this.#expect = EXPECT.separator;
  }

  end(): void {
    const expect = this.#expect;
    const { inRecords, inArray } = this.#path;
    const beforeRecord = inArray ? EXPECT.element : EXPECT.key;
    const betweenRecords = inRecords && (expect === beforeRecord || expect === EXPECT.separator);
    if (expect === EXPECT.nothing || (this.#start.end !== null && betweenRecords)) return;
    throw cutShort(
      this.#fileName,
      this.#base,
      inRecords ? `the '${inArray ? ']' : '}'}' after the last record` : 'more of the document',
    );
  }

  #passValue(bytes: Buffer, at: number): number {
    const end = this.#skipper.skip(bytes, at, this.#base);
    if (end === -1) return bytes.length;
    if (this.openAt !== -1) {
      this.#onRecord(this.openAt, this.#base + end, this.#openLine, true);
      this.openAt = -1;
    }
    this.#expect = EXPECT.separator;
    return end;
  }

  /** What is wrong within the key of a record is for the reader of that record. */
  #passRecordKey(bytes: Buffer, at: number): number {
    const end = this.#skipper.skip(bytes, at, this.#base);
    if (end === -1) return bytes.length;
    this.#expect = EXPECT.colon;
    return end;
  }

  #passKey(bytes: Buffer, at: number): number {
    const byte = bytes[at] as number;
    if (byte === BYTE.lineFeed) this.#skipper.line += 1;
    if (byte === BYTE.quote && !this.#keyEscaped) {
      this.#path.endKey(this.#base + at);
      this.#expect = EXPECT.colon;
      return at + 1;
    }
    this.#keyEscaped = byte === BYTE.backslash && !this.#keyEscaped;
    this.#path.addToKey(byte);
    return at + 1;
  }

  /** A byte outside of strings and of values that are passed over. */
  #take(byte: number, offset: number): void {
    switch (this.#expect) {
      case EXPECT.top:
        if (!this.#mark.pass(byte, offset)) this.#openTop(byte, offset);
        return;
      case EXPECT.firstKey:
      case EXPECT.key:
        if (byte === BYTE.quote) this.#beginKey(byte, offset);
        else if (byte === BYTE.closeBrace && this.#expect === EXPECT.firstKey) this.#close();
        else throw this.#broken(offset, byte, 'a key');
        return;
      case EXPECT.colon:
        if (byte !== BYTE.colon) throw this.#broken(offset, byte, "':'");
        this.#expect = EXPECT.memberValue;
        return;
      case EXPECT.firstElement:
        if (byte === BYTE.closeBracket) this.#close();
        else this.#beginValue(byte, offset);
        return;
      case EXPECT.memberValue:
      case EXPECT.element:
        this.#beginValue(byte, offset);
        return;
      case EXPECT.separator:
        this.#takeSeparator(byte, offset);
        return;
      default:
        throw this.#broken(offset, byte, 'nothing more');
    }
  }

  #openTop(byte: number, offset: number): void {
    if (this.#mark.isPart) throw this.#broken(offset, byte, 'the rest of a byte order mark');
    const kind = this.#path.topIsArray ? BYTE.openBracket : BYTE.openBrace;
    if (byte !== kind) {
      throw fail('file_format', {
        message: `The file begins with ${describeByte(byte)}, but its records are to be found in ${this.#path.topIsArray ? 'an array' : 'an object'}, which begins with ${describeByte(kind)}.`,
        where: `${this.#fileName}, byte ${offset}`,
        hint: 'Look at the beginning of the file, and at `records:` of the source.',
      });
    }
    this.#enter();
  }

  #enter(): void {
    this.#path.enter();
    this.#expect = this.#path.inArray ? EXPECT.firstElement : EXPECT.firstKey;
  }

  #close(): void {
    this.#expect = this.#path.leave() ? EXPECT.nothing : EXPECT.separator;
  }

  #beginKey(byte: number, offset: number): void {
    this.#expect = EXPECT.keyEnd;
    if (!this.#path.inRecords) return;
    this.#openRecord(offset);
    this.#skipper.begin(byte, offset);
    this.#expect = EXPECT.recordKeyEnd;
  }

  #openRecord(offset: number): void {
    this.openAt = offset;
    this.#openLine = this.#skipper.line;
  }

  #beginValue(byte: number, offset: number): void {
    if (this.#path.inRecords) {
      if (this.openAt === -1) this.#openRecord(offset);
    } else if (this.#path.leadsOn(byte, offset)) {
      this.#enter();
      return;
    }
    this.#skipper.begin(byte, offset);
    this.#expect = EXPECT.valueEnd;
  }

  #takeSeparator(byte: number, offset: number): void {
    const inArray = this.#path.inArray;
    if (byte === BYTE.comma) this.#expect = inArray ? EXPECT.element : EXPECT.key;
    else if (byte === (inArray ? BYTE.closeBracket : BYTE.closeBrace)) this.#close();
    else throw this.#broken(offset, byte, inArray ? "',' or ']'" : "',' or '}'");
  }

  #broken(offset: number, byte: number, expected: string): MillraceError {
    return brokenStructure(this.#fileName, offset, byte, expected);
  }
}
