import { createReadStream } from 'node:fs';

import { readFooterRows } from '@millrace/shared/adapters/parquet-footer';

import type { FileFormat } from '../core/files-statements.ts';

const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/**
 * The rows of a file as this loader writes it, counted in the file and without the engine that wrote it. Null when it
 * cannot be read.
 */
export async function countFileRows(file: string, format: FileFormat): Promise<number | null> {
  return format === 'parquet' ? readFooterRows(file) : (await countCsvRecords(file)) - 1;
}

/** Line ends outside of quotes. A quote inside of a quoted field is doubled, so it leaves the state as it was. */
async function countCsvRecords(file: string): Promise<number> {
  let records = 0;
  let isQuoted = false;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === QUOTE) isQuoted = !isQuoted;
      else if (byte === LINE_FEED && !isQuoted) records += 1;
    }
  }
  return records;
}
