import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';

import { DEFAULT_DECODING, type Encoding } from '@millrace/shared/core/decoding';
import { isMillraceError } from '@millrace/shared/core/errors';
import type { CsvOptions, SourceType } from '@millrace/shared/core/pipeline';

import { sniffCsv } from '../csv/sniff-csv.ts';
import { readStoredHead } from '../discover/read-head.ts';
import { transcodeBeginning } from '../discover/transcode.ts';
import { detectJsonShape } from '../json/detect-json-shape.ts';
import { foreignEncoding, foreignFormat } from '../json/foreign-format.ts';
import { readJsonRecords } from '../json/read-json-records.ts';
import { isSourceObject } from '../judge/read-path.ts';
import type { RecordStream } from '../source-record.ts';
import type { SourceValue } from '../source-value.ts';

/** What a file of unknown content is, as far as its beginning tells. */
export type FileLook =
  | {
      readonly type: SourceType;
      /** Null where characters are no matter of the source. */
      readonly encoding: Encoding | null;
      /** Names of the first record's fields; empty where they are not to be seen from there. */
      readonly fields: readonly string[];
    }
  /** `reason` follows "left out:". */
  | { readonly type: null; readonly reason: string };

const SNIFFED_CSV: CsvOptions = { delimiter: null, quote: '"', header: true, nulls: [] };

const ENDINGS: readonly (readonly [ending: RegExp, type: SourceType])[] = [
  [/\.(json|jsonl|ndjson|geojson)$/i, 'json'],
  [/\.(csv|tsv)$/i, 'csv'],
  [/\.(db|db3|sqlite|sqlite3)$/i, 'sqlite'],
  [/\.parquet$/i, 'parquet'],
];
const COMPRESSED = /\.(gz|zst)$/i;

/** Looks at the first bytes of a file; they count for more than its name. Throws `source_unavailable`. */
export async function examineFile(path: string): Promise<FileLook> {
  const { size } = await stat(path);
  if (size === 0) return { type: null, reason: 'it is empty' };
  try {
    return await examine(path, size);
  } catch (error) {
    if (!isMillraceError(error) || !UNUSABLE.has(error.code)) throw error;
    return {
      type: null,
      reason: error.hint === undefined ? error.message : `${error.message} ${error.hint}`,
    };
  }
}

const UNUSABLE: ReadonlySet<string> = new Set([
  'file_format',
  'file_unreadable',
  'input_empty',
  'schema_mismatch',
]);

async function examine(path: string, size: number): Promise<FileLook> {
  const { bytes: stored, atEnd } = await readStoredHead(path, size, DEFAULT_DECODING);
  const start = stored.subarray(0, 16).toString('latin1');
  if (start.startsWith('SQLite format 3\0')) return { type: 'sqlite', encoding: null, fields: [] };
  if (start.startsWith('PAR1')) return { type: 'parquet', encoding: null, fields: [] };
  const encoding = encodingOf(stored);
  if (encoding === null) return notData('it is encoded in UTF-32: convert it to UTF-8');
  const bytes = transcodeBeginning(stored, encoding);
  const foreign = foreignFormat(bytes);
  if (foreign !== null) return notData(`it is ${foreign.what}`);
  const beginning: Beginning = { bytes, atEnd, path, encoding };
  return looksLikeJson(beginning) ? lookAtJson(beginning) : lookAtLines(beginning);
}

interface Beginning {
  readonly bytes: Uint8Array;
  readonly atEnd: boolean;
  readonly path: string;
  readonly encoding: Encoding;
}

function notData(reason: string): FileLook {
  return { type: null, reason };
}

function typeByName(path: string): SourceType | null {
  const plain = path.replace(COMPRESSED, '');
  return ENDINGS.find(([ending]) => ending.test(plain))?.[1] ?? null;
}

/** UTF-8 unless it cannot be: bytes of another encoding, and no character that only UTF-8 writes that way. */
function encodingOf(head: Buffer): Encoding | null {
  const foreign = foreignEncoding(head)?.toLowerCase();
  if (foreign === 'utf-16le' || foreign === 'utf-16be') return foreign;
  if (foreign !== undefined) return null;
  if (isUtf8(head)) return 'utf-8';
  const text = head.toString('utf8').replace(/\uFFFD+$/, '');
  const beyondAscii = text.match(/[^\p{ASCII}]/gu) ?? [];
  const undecoded = beyondAscii.filter((character) => character === '\uFFFD').length;
  return undecoded > 0 && undecoded === beyondAscii.length ? 'windows-1252' : 'utf-8';
}

function looksLikeJson({ bytes, path }: Beginning): boolean {
  const text = Buffer.from(bytes.subarray(0, 256))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (typeByName(path) === 'json') return true;
  return /^(\{\s*("|\})|\[\s*(\{|\[|\]))/.test(text);
}

async function lookAtJson({ bytes, atEnd, path, encoding }: Beginning): Promise<FileLook> {
  const shape = detectJsonShape(bytes, atEnd, path);
  if (shape === 'empty') return notData('it is empty');
  const slice = { start: 0, end: null, firstLine: 1, firstRecord: 1 };
  const chunks = streamOf(bytes);
  const records = readJsonRecords({ chunks, shape, records: null, slice, fileName: path });
  const first = await firstValue(records);
  const fields = first !== undefined && isSourceObject(first) ? Object.keys(first) : [];
  return { type: 'json', encoding, fields };
}

async function* streamOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** Undefined when no record ends within the beginning; what then is wrong at its end is the cut. */
async function firstValue(records: RecordStream): Promise<SourceValue | undefined> {
  try {
    for await (const chunk of records) {
      for (const { content } of chunk.records) if (content.ok) return content.value;
    }
  } catch (error) {
    if (!isMillraceError(error)) throw error;
  }
  return undefined;
}

function lookAtLines(beginning: Beginning): FileLook {
  const { bytes, atEnd, path, encoding } = beginning;
  const isNamedCsv = typeByName(path) === 'csv';
  try {
    const layout = sniffCsv({ head: bytes, atEnd, options: SNIFFED_CSV, fileName: path });
    if (isNamedCsv || isTable(layout.header, bytes)) return { type: 'csv', encoding, fields: layout.header };
  } catch (error) {
    // What is not named like a table need not be one.
    if (isNamedCsv || !isMillraceError(error)) throw error;
  }
  return notData('it is text without columns');
}

/** A text file is a table when its first lines have the same, more than one, number of short fields. */
function isTable(header: readonly string[], bytes: Uint8Array): boolean {
  if (header.length < 2 || header.some((name) => name.length > 64 || name.split(' ').length > 5))
    return false;
  const lines = Buffer.from(bytes)
    .toString('utf8')
    .split(/\r\n|[\r\n]/)
    .filter((line) => line !== '')
    .slice(0, 20);
  return lines.length > 1;
}
