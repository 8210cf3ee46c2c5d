import type { CsvOptions } from '@millrace/shared/core/pipeline';
import { parseValuePath } from '@millrace/shared/core/value-path';
import { createCsvCutter } from '@millrace/sources/csv/cut-csv';
import type { CsvReading } from '@millrace/sources/csv/read-csv-records';
import { sniffCsv } from '@millrace/sources/csv/sniff-csv';
import { createJsonCutter } from '@millrace/sources/json/cut-json';
import type { JsonReading } from '@millrace/sources/json/record-reader';

import type { Draw } from '../fuzz/draw.mjs';
import type { SourceFile } from './source-file.ts';

/** The slices of a file of text, ready to be read, in chunks of some size. */
export type OpenSlices =
  | { readonly kind: 'json'; readonly readings: readonly JsonReading[] }
  | { readonly kind: 'csv'; readonly readings: readonly CsvReading[] };

const WHOLE = { start: 0, end: null, firstLine: 1, firstRecord: 1 };

/** Cuts a file as the planner does, into slices as large as it is drawn. Throws what the planner throws. */
export function openSlices(draw: Draw, file: SourceFile): OpenSlices {
  const { bytes, format } = file;
  const size = draw.pick([bytes.length + 1, 100_000, 300, 41]);
  const targetBytes = draw.chance(40) ? draw.int(1, bytes.length + 1) : null;
  const chunks = () => chunksOf(bytes, size);
  if (format === 'csv') return openCsv(file, targetBytes, size, chunks());
  if (format === 'sqlite') throw new TypeError('A database has no slices of text.');
  const records = file.source.records === undefined ? null : parseValuePath(file.source.records).steps;
  const layout = { shape: format, records, fileName: 'data' };
  const slices =
    targetBytes === null ? [WHOLE] : cutBy(createJsonCutter({ ...layout, targetBytes }), chunks());
  return {
    kind: 'json',
    readings: slices.map((slice) => ({
      ...layout,
      slice,
      chunks: reusedChunks(bytes.subarray(slice.start, slice.end ?? bytes.length), size),
    })),
  };
}

function openCsv(
  { bytes, source }: SourceFile,
  targetBytes: number | null,
  size: number,
  chunks: Iterable<Uint8Array>,
): OpenSlices {
  const options = csvOptions(source);
  const layout = sniffCsv({ head: bytes, atEnd: true, options, fileName: 'data' });
  const slices =
    targetBytes === null ? [WHOLE] : cutBy(createCsvCutter({ layout, options, targetBytes }), chunks);
  return {
    kind: 'csv',
    readings: slices.map((slice) => ({
      layout,
      options,
      slice,
      fileName: 'data',
      chunks: ownedChunks(bytes.subarray(slice.start), size),
    })),
  };
}

export function csvOptions({ delimiter, quote, nulls }: SourceFile['source']): CsvOptions {
  return { delimiter: delimiter ?? null, quote: quote ?? '"', header: true, nulls: nulls ?? [] };
}

function cutBy<T>(cutter: { push(chunk: Uint8Array): void; end(): T }, chunks: Iterable<Uint8Array>): T {
  for (const chunk of chunks) cutter.push(chunk);
  return cutter.end();
}

function* chunksOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

/** Chunks that are overwritten once the next one is asked for, as those of a reader that reuses its buffer. */
async function* reusedChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (const chunk of chunksOf(bytes, size)) {
    yield chunk;
    chunk.fill(0xff);
  }
}

/** Chunks that stay as they are: the reader of CSV keeps them. */
async function* ownedChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  yield* chunksOf(bytes, size);
}
