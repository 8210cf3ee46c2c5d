import { isAscii, isUtf8 } from 'node:buffer';

import { fail } from '@millrace/shared/core/errors';
import type { CsvOptions } from '@millrace/shared/core/pipeline';
import type { InputLayout } from '@millrace/shared/core/plan';
import type { RejectReason } from '@millrace/shared/core/reject';
import type { FileSlice } from '@millrace/shared/core/task';

import type { JsonObject } from '../json/json-object.ts';
import { wholeCharacters } from '../lane/whole-characters.ts';
import { rowMaker } from '../row-object.ts';
import type { RecordSink } from '../record-sink.ts';
import type { RecordChunk, RecordContent, RecordStream, SourceRecord } from '../source-record.ts';
import { ByteFinder } from './byte-finder.ts';
import type { CsvLane } from './csv-lane.ts';
import { type Field, FieldSplitter } from './field-splitter.ts';
import { RecordScanner } from './record-scanner.ts';

export type CsvLayout = Extract<InputLayout, { kind: 'csv' }>;
/** A slice of one file: whole records. */
export type CsvSlice = Omit<FileSlice, 'input'>;

export interface CsvReading {
  /** The decompressed bytes from `slice.start` on; what stands behind `slice.end` is left alone. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly layout: CsvLayout;
  readonly options: CsvOptions;
  /** A slice that starts before the layout's `dataStart`, at 0, is read without the header. */
  readonly slice: CsvSlice;
  /** For messages. */
  readonly fileName: string;
}

/** Between two turns of the event loop, when a lane reads. */
const STEP_BYTES = 128 * 1024;
const RECORDS_PER_CHUNK = 1000;
/** Of a record that is too large so much is kept, to recognise it by. */
const KEPT_OF_TOO_LARGE = 64 * 1024;
/**
 * How much is decoded at once. V8 keeps a long field as a reference into the text it was cut from, so a value that
 * outlives its neighbours, as those of rejects do, holds this much memory. Larger pieces are not faster.
 */
const PIECE_BYTES = 16 * 1024;

/**
 * The records of a slice. Values are objects of the header's names with strings: null is an unquoted field that is
 * empty or one of `options.nulls`, a quoted empty field is ''. A record that cannot be read has a reason instead of
 * a value, and its neighbours go on. Throws `source_changed` when the bytes end before the slice does.
 */
export async function* readCsvRecords(reading: CsvReading): RecordStream & AsyncGenerator<RecordChunk, void> {
  const scanner = createScanner(reading);
  const collector = new RecordCollector(scanner, reading);
  for await (const _ of pushSlice(reading, scanner)) yield* collector.collect();
}

/**
 * Reads a slice into a sink: records that the lane is certain of go straight into its stores, all others to the
 * judge. Errors and outcome are those of `readCsvRecords`.
 */
export async function* feedCsv(
  reading: CsvReading,
  lane: CsvLane,
  sink: RecordSink,
): AsyncGenerator<void, void> {
  const scanner = createScanner(reading);
  const collector = new RecordCollector(scanner, reading);
  lane.useLayout(reading.layout);
  for await (const _ of pushSlice(reading, scanner)) while (collector.feed(lane, sink)) yield;
}

function createScanner({ layout, options, slice }: CsvReading): RecordScanner {
  return new RecordScanner({
    delimiter: layout.delimiter,
    quote: options.quote,
    newline: layout.newline,
    byteOffset: slice.start,
    line: slice.firstLine,
    skipBytes: Math.max(0, layout.dataStart - slice.start),
  });
}

/** Pushes the bytes of a slice, and stops whenever the scanner may have found records. */
async function* pushSlice(
  { chunks, slice, fileName }: CsvReading,
  scanner: RecordScanner,
): AsyncGenerator<void, void> {
  const end = slice.end ?? Infinity;
  let offset = slice.start;
  for await (const chunk of chunks) {
    scanner.push(offset + chunk.length > end ? chunk.subarray(0, end - offset) : chunk);
    offset += chunk.length;
    yield;
    if (offset >= end) break;
  }
  if (slice.end !== null && offset < end) {
    throw fail('source_changed', {
      message: `The file ends at byte ${offset}, but was planned to be read up to byte ${end}.`,
      where: fileName,
      hint: 'It became shorter after the run was planned. Start a new run when nothing writes to it any more.',
    });
  }
  scanner.finish();
  yield;
}

/** Turns what the scanner finds in one window into records. */
class RecordCollector {
  readonly #scanner: RecordScanner;
  readonly #header: readonly string[];
  readonly #splitter: FieldSplitter;
  readonly #makeRow: (values: ArrayLike<Field>) => JsonObject;
  readonly #nul = new ByteFinder(0);
  /** The piece of the window that is decoded, and whether it is all ASCII: then positions in both are the same. */
  #pieceStart = 0;
  #pieceEnd = 0;
  #pieceIsAscii = false;
  #recordNumber: number;
  #window: Buffer | null = null;
  #windowIsUtf8 = false;

  constructor(scanner: RecordScanner, { layout, options, slice }: CsvReading) {
    this.#scanner = scanner;
    this.#header = layout.header;
    this.#splitter = new FieldSplitter({
      delimiter: layout.delimiter,
      quote: options.quote,
      nulls: new Set(options.nulls),
    });
    this.#makeRow = rowMaker(layout.header);
    this.#recordNumber = slice.firstRecord;
  }

  *collect(): Generator<RecordChunk, void> {
    const scanner = this.#scanner;
    let records: SourceRecord[] = [];
    let blank = 0;
    let begun = false;
    while (scanner.next()) {
      if (!begun) {
        begun = true;
        this.#enterWindow();
      }
      if (scanner.blank) {
        blank += 1;
        continue;
      }
      records.push(new CsvRecord(scanner, this.#recordNumber, this.#content()));
      this.#recordNumber += 1;
      if (records.length === RECORDS_PER_CHUNK) {
        yield { records, blank };
        records = [];
        blank = 0;
      }
    }
    if (records.length > 0 || blank > 0) yield { records, blank };
  }

  /** Gives records into a sink, some hundred kilobytes of them. @returns whether there are more in the window */
  feed(lane: CsvLane, sink: RecordSink): boolean {
    const scanner = this.#scanner;
    let left = STEP_BYTES;
    while (left > 0) {
      if (!scanner.next()) return false;
      if (scanner.window !== this.#window) this.#enterWindow();
      left -= scanner.byteLength;
      if (scanner.blank) {
        sink.blank(1);
        continue;
      }
      if (this.#takenBy(lane)) sink.accepted(1);
      else sink.record(new CsvRecord(scanner, this.#recordNumber, this.#content()));
      this.#recordNumber += 1;
    }
    return true;
  }

  #takenBy(lane: CsvLane): boolean {
    const { fault, window, start, end, terminated } = this.#scanner;
    // Half a character at the end of the window is none of its records, unless the file ends there too.
    const isKnownUtf8 = this.#windowIsUtf8 && terminated;
    if (fault !== null || (!isKnownUtf8 && !isUtf8(window.subarray(start, end)))) return false;
    lane.useBytes(window);
    return lane.take(start, end);
  }

  #enterWindow(): void {
    const { window } = this.#scanner;
    this.#window = window;
    this.#windowIsUtf8 = isUtf8(window.subarray(0, wholeCharacters(window, window.length)));
    this.#nul.forget();
    this.#pieceEnd = 0;
  }

  #enterPiece(): void {
    const { window, start, end } = this.#scanner;
    this.#pieceStart = start;
    this.#pieceEnd = Math.max(end, Math.min(start + PIECE_BYTES, window.length));
    const piece = window.subarray(start, this.#pieceEnd);
    this.#pieceIsAscii = isAscii(piece);
    if (this.#pieceIsAscii) this.#splitter.setText(piece.toString('latin1'));
  }

  #content(): RecordContent {
    const { fault, window, start, end } = this.#scanner;
    if (fault !== null) return refused(fault.reason, FAULT_MESSAGES[fault.reason](fault.byteOffset));
    const nul = this.#nul.find(window, start);
    if (nul < end) return refused('nul_byte', `A NUL byte stands ${nul - start} bytes into the record.`);
    const count = this.#split();
    if (count === null) return refused('invalid_utf8', 'The record is not valid UTF-8.');
    if (count !== this.#header.length) return this.#wrongCount(count);
    return { ok: true, value: this.#makeRow(this.#splitter.fields) };
  }

  /** Number of fields, or null when the bytes are not UTF-8. */
  #split(): number | null {
    const { window, start, end, quoted } = this.#scanner;
    const splitter = this.#splitter;
    if (end > this.#pieceEnd) this.#enterPiece();
    if (this.#pieceIsAscii) {
      const from = start - this.#pieceStart;
      const to = end - this.#pieceStart;
      return quoted ? splitter.splitQuoted(from, to) : splitter.splitUnquoted(from, to);
    }
    const text = window.toString('utf8', start, end);
    // Decoding puts U+FFFD where bytes are wrong; only a record that has one needs the exact test.
    if (text.includes('\uFFFD') && !isUtf8(window.subarray(start, end))) return null;
    splitter.setText(text);
    return quoted ? splitter.splitQuoted(0, text.length) : splitter.splitUnquoted(0, text.length);
  }

  #wrongCount(count: number): RecordContent {
    const counted = `The record has ${count} field${count === 1 ? '' : 's'}, the header ${this.#header.length}.`;
    if (count > this.#header.length) return refused('csv_too_many_fields', counted);
    if (this.#scanner.terminated) return refused('csv_too_few_fields', counted);
    return refused('truncated_record', `The file ends in the middle of the record. ${counted}`);
  }
}

const FAULT_MESSAGES = {
  csv_bad_quote: (at: number) =>
    `At byte ${at}: a quote inside an unquoted field, or text behind a closing quote. Quote the whole field and double the quotes in it.`,
  csv_unterminated_quote: (at: number) => `The quote opened at byte ${at} is never closed.`,
  record_too_large: (_at: number) => 'The line is longer than a record may be.',
  truncated_record: (at: number) => `The file ends at byte ${at}, inside a quoted field.`,
};

function refused(reason: RejectReason, message: string): RecordContent {
  return { ok: false, reason, message };
}

class CsvRecord implements SourceRecord {
  readonly recordNumber: number;
  readonly line: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly content: RecordContent;
  readonly #window: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(scanner: RecordScanner, recordNumber: number, content: RecordContent) {
    this.recordNumber = recordNumber;
    this.line = scanner.line;
    this.byteOffset = scanner.byteOffset;
    this.byteLength = scanner.byteLength;
    this.content = content;
    this.#window = scanner.window;
    this.#start = scanner.start;
    const isTooLarge = scanner.fault?.reason === 'record_too_large';
    this.#end = isTooLarge ? Math.min(scanner.end, scanner.start + KEPT_OF_TOO_LARGE) : scanner.end;
  }

  /** Of a record that is too large, the beginning. */
  raw(): Uint8Array {
    return this.#window.subarray(this.#start, this.#end);
  }
}
