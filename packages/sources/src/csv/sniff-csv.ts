import { fail } from '@millrace/shared/core/errors';
import type { CsvOptions } from '@millrace/shared/core/pipeline';

import { foreignFormat } from '../json/foreign-format.ts';
import { FieldSplitter } from './field-splitter.ts';
import { nameColumns } from './header.ts';
import type { CsvLayout } from './read-csv-records.ts';
import { RecordScanner } from './record-scanner.ts';

export interface CsvHead {
  /** The first bytes of the decompressed file. */
  readonly head: Uint8Array;
  /** Whether these are all of it. */
  readonly atEnd: boolean;
  readonly options: CsvOptions;
  /** For messages. */
  readonly fileName: string;
}

type Newline = CsvLayout['newline'];

const DELIMITERS = [',', ';', '\t', '|'];
const SAMPLED_RECORDS = 200;
/** Beginnings that no header has: names in brackets are not followed by another one. */
const JSON_DOCUMENT = /^(?:\{\s*(?:"[^"]*"\s*:|\})|\[\s*[[{])/;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Finds out how a CSV file is written: delimiter, line ends, names of the fields, and where the data begin.
 * Throws `input_empty` when not even a header is there, and `file_format` for files that are something else, for
 * names given twice, and for a header that cannot be read.
 */
export function sniffCsv({ head, atEnd, options, fileName }: CsvHead): CsvLayout {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  refuseOtherFormats(bytes, fileName);
  const markBytes = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  const text = bytes.subarray(markBytes);
  const best = trials(text, atEnd, options).reduce((a, b) => (isBetter(b, a) ? b : a));
  const { first } = best;
  if (first === null) throw withoutHeader(text, atEnd, fileName);
  return {
    kind: 'csv',
    delimiter: best.delimiter,
    newline: best.newline === 'lf' ? lfOrCrlf(text) : best.newline,
    header: options.header
      ? nameColumns(first.fields, fileName)
      : first.fields.map((_, index) => `column_${index + 1}`),
    dataStart: markBytes + (options.header ? first.dataStart : 0),
  };
}

/** What the head looks like when it is read in one of the possible ways. */
interface Trial {
  readonly delimiter: string;
  readonly newline: Newline;
  readonly first: FirstRecord | null;
  /** Share of the records that are as wide as the first one. */
  readonly agreement: number;
}

interface FirstRecord {
  readonly fields: readonly string[];
  /** Offset behind the record's line end. */
  readonly dataStart: number;
}

/** Reads the head with each delimiter that may be meant, and each kind of line end that may be. */
function trials(text: Buffer, atEnd: boolean, options: CsvOptions): Trial[] {
  const delimiters = options.delimiter === null ? DELIMITERS : [options.delimiter];
  return possibleNewlines(text).flatMap((newline) =>
    delimiters.map((delimiter) => tryReading(text, atEnd, delimiter, newline, options.quote)),
  );
}

/** A CR that stands alone may end a line or be data; when LF is there too, both readings are tried. */
function possibleNewlines(text: Buffer): ('lf' | 'cr')[] {
  const source = text.toString('latin1');
  if (!/\r(?!\n)./s.test(source)) return ['lf'];
  return source.includes('\n') ? ['lf', 'cr'] : ['cr'];
}

function tryReading(text: Buffer, atEnd: boolean, delimiter: string, newline: Newline, quote: string): Trial {
  const scanner = new RecordScanner({ delimiter, quote, newline, byteOffset: 0, line: 1, skipBytes: 0 });
  const splitter = new FieldSplitter({ delimiter, quote, nulls: new Set() });
  scanner.push(text);
  if (atEnd) scanner.finish();
  let first: FirstRecord | null = null;
  let records = 0;
  let agreeing = 0;
  while (records < SAMPLED_RECORDS && scanner.next()) {
    if (scanner.blank) continue;
    records += 1;
    if (scanner.fault !== null) {
      if (records === 1) break;
      continue;
    }
    const record = text.toString('utf8', scanner.start, scanner.end);
    // A name has no line end in it unless it is quoted: this reading has taken two lines for one.
    if (records === 1 && outsideQuotes(record, quote).includes('\r')) break;
    splitter.setText(record);
    const count = scanner.quoted
      ? splitter.splitQuoted(0, record.length)
      : splitter.splitUnquoted(0, record.length);
    first ??= {
      fields: splitter.fields.slice(0, count).map((field) => field ?? ''),
      dataStart: scanner.nextByteOffset,
    };
    if (count === first.fields.length) agreeing += 1;
  }
  return { delimiter, newline, first, agreement: records === 0 ? 0 : agreeing / records };
}

/** Of a record whose quotes match: what stands between its quoted parts. */
function outsideQuotes(record: string, quote: string): string {
  return record
    .split(quote)
    .filter((_, index) => index % 2 === 0)
    .join('');
}

/** A delimiter that the first record does not have is only right when no other is; then agreement, then width decide. */
function isBetter(a: Trial, b: Trial): boolean {
  if (a.first === null || b.first === null) return a.first !== null && b.first === null;
  const several = (trial: FirstRecord) => trial.fields.length > 1;
  if (several(a.first) !== several(b.first)) return several(a.first);
  if (a.agreement !== b.agreement) return a.agreement > b.agreement;
  return a.first.fields.length > b.first.fields.length;
}

/** Both are read alike; the layout names the one that the first line has. */
function lfOrCrlf(text: Buffer): Newline {
  const lf = text.indexOf(0x0a);
  return lf > 0 && text[lf - 1] === 0x0d ? 'crlf' : 'lf';
}

function refuseOtherFormats(bytes: Buffer, fileName: string): void {
  const foreign = foreignFormat(bytes);
  if (foreign !== null) throw notCsv(foreign.what, foreign.hint, fileName);
  const start = bytes.toString('latin1', 0, 1000).trimStart();
  if (JSON_DOCUMENT.test(start)) throw notCsv('JSON', 'Give the source type: json.', fileName);
}

function notCsv(what: string, hint: string, fileName: string): Error {
  return fail('file_format', { message: `The file is ${what}, not CSV in UTF-8.`, where: fileName, hint });
}

function withoutHeader(text: Buffer, atEnd: boolean, fileName: string): Error {
  const lineBreaksOnly = text.every((byte) => byte === 0x0a || byte === 0x0d);
  if (lineBreaksOnly && atEnd) {
    return fail('input_empty', {
      message: text.length === 0 ? 'The file is empty.' : 'The file has blank lines only.',
      where: fileName,
      hint: 'A CSV file without rows has a header line at least. If that is fine, set allow_empty: true for its source.',
    });
  }
  return fail('file_format', {
    message: atEnd
      ? 'The first line cannot be read as CSV: its quotes do not match.'
      : `The first record does not end within ${text.length} bytes, or its quotes do not match.`,
    where: fileName,
    hint: 'Check `quote`, `delimiter` and the line ends of the file.',
  });
}
