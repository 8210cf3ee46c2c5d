import { isUtf8 } from 'node:buffer';

import { MAX_RECORD_BYTES } from '@millrace/shared/core/reject';

import type { RecordChunk, RecordContent, SourceRecord } from '../source-record.ts';
import type { BoundaryScanner, RecordSpot } from './boundary-scanner.ts';
import { createScanner, type JsonShape } from './create-scanner.ts';
import type { JsonSlice } from './cut-json.ts';
import { OpenRecord } from './open-record.ts';
import { readMember } from './read-member.ts';
import { readContent } from './record-content.ts';

export interface JsonReading {
  /** The decompressed bytes of the slice. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly shape: JsonShape;
  /** Steps to the records, for the shapes `document` and `members`. */
  readonly records: readonly (string | number)[] | null;
  /** As `createJsonCutter` made it; a slice without end must end as the file has to. */
  readonly slice: JsonSlice;
  /** For messages. */
  readonly fileName: string;
  /** A larger record is a reject of which only the beginning is kept. */
  readonly maxRecordBytes?: number;
}

/** A boundary that the scanner reported; offsets are of the file. */
interface Boundary {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly whole: boolean;
}

/** Turns the boundaries that a scanner finds in pieces of a file into records. */
export class RecordReader {
  readonly #scanner: BoundaryScanner;
  readonly #maxBytes: number;
  readonly #read: typeof readContent;
  readonly #open: OpenRecord;
  #boundaries: Boundary[] = [];
  /** Offset in the file of the next piece. */
  #base: number;
  #recordNumber: number;
  #blankTold = 0;

  constructor({ shape, records, slice, fileName, maxRecordBytes = MAX_RECORD_BYTES }: JsonReading) {
    this.#scanner = createScanner(shape, records, slice, fileName, (start, end, line, whole) =>
      this.#boundaries.push({ start, end, line, whole }),
    );
    this.#maxBytes = maxRecordBytes;
    this.#read = shape === 'members' ? readMember : readContent;
    this.#open = new OpenRecord(maxRecordBytes);
    this.#base = slice.start;
    this.#recordNumber = slice.firstRecord;
  }

  /** Where the next byte stands. */
  get spot(): RecordSpot {
    return this.#scanner.spot;
  }

  /** How many bytes the last `read` used. */
  used = 0;

  /** @param once whether to stop behind the first record that ends */
  read(bytes: Buffer, once: boolean): RecordChunk | null {
    this.used = this.#scanner.scan(bytes, once);
    const piece = bytes.subarray(0, this.used);
    const records = this.#collect(piece);
    const { openAt } = this.#scanner;
    if (openAt >= this.#base) this.#open.drop();
    if (openAt !== -1) this.#open.add(piece.subarray(Math.max(0, openAt - this.#base)));
    this.#base += piece.length;
    return this.#chunk(records);
  }

  /** Passes records that were read otherwise. */
  pass(byteCount: number, records: number, lineEnds: number): void {
    this.#scanner.pass(byteCount, lineEnds);
    this.#open.drop();
    this.#base += byteCount;
    this.#recordNumber += records;
  }

  end(): RecordChunk | null {
    this.#scanner.end();
    return this.#chunk(this.#collect(Buffer.alloc(0)));
  }

  #chunk(records: SourceRecord[]): RecordChunk | null {
    const blank = this.#scanner.blank - this.#blankTold;
    this.#blankTold = this.#scanner.blank;
    return records.length > 0 || blank > 0 ? { records, blank } : null;
  }

  #collect(piece: Buffer): SourceRecord[] {
    const boundaries = this.#boundaries;
    this.#boundaries = [];
    const base = this.#base;
    const within = boundaries.find((boundary) => boundary.start >= base);
    const last = boundaries.at(-1);
    // One look at all of them: a boundary is ASCII, so if the whole is UTF-8, every record is.
    const checked =
      within !== undefined &&
      last !== undefined &&
      isUtf8(piece.subarray(within.start - base, last.end - base));
    return boundaries.map((boundary) => {
      const inPiece = boundary.start >= base;
      const bytes = inPiece
        ? piece.subarray(boundary.start - base, boundary.end - base)
        : this.#finish(piece, boundary);
      return this.#record(boundary, bytes, inPiece && checked);
    });
  }

  /** The bytes of a record that began in an earlier piece. */
  #finish(piece: Buffer, { start, end }: Boundary): Buffer {
    this.#open.add(piece.subarray(0, Math.max(0, end - this.#base)));
    return this.#open.take().subarray(0, end - start);
  }

  #record(boundary: Boundary, bytes: Buffer, checked: boolean): SourceRecord {
    const byteLength = boundary.end - boundary.start;
    const recordNumber = this.#recordNumber;
    this.#recordNumber += 1;
    return {
      recordNumber,
      line: boundary.line,
      byteOffset: boundary.start,
      byteLength,
      raw: () => bytes,
      content:
        byteLength > this.#maxBytes
          ? tooLarge(byteLength, this.#maxBytes)
          : this.#read(bytes, checked, !boundary.whole),
    };
  }
}

function tooLarge(byteLength: number, maxBytes: number): RecordContent {
  const message = `The record has ${byteLength} bytes; at most ${maxBytes} are read.`;
  return { ok: false, reason: 'record_too_large', message };
}
