import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';

import { fail, type MillraceError } from '@millrace/shared/core/errors';

/** A line of `millrace rejects --export x.ndjson`; only what tells the record, and its bytes, are looked at. */
const mendedLine = z.object({
  source: z.string(),
  table: z.string().nullable(),
  file: z.string(),
  record_number: z.number().int(),
  raw: z.string().nullable(),
  raw_base64: z.base64().nullable().default(null),
});

export interface MendedLine {
  /** 1-based, of the file of mended records. */
  readonly lineNumber: number;
  readonly source: string;
  readonly table: string | null;
  readonly file: string;
  readonly recordNumber: number;
  readonly raw: Uint8Array;
}

/** The lines of a file of mended records. Blank ones are passed over; throws `mended_invalid` with the line. */
export async function* readMendedFile(file: string): AsyncGenerator<MendedLine, void> {
  let lineNumber = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      lineNumber += 1;
      if (text.trim() !== '') yield readLine(text, file, lineNumber);
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw fail('usage', { message: `The file cannot be read: ${error.message}.`, where: file, cause: error });
  }
}

function readLine(text: string, file: string, lineNumber: number): MendedLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw mendedInvalid(file, lineNumber, 'The line is not JSON.', error);
  }
  const parsed = mendedLine.safeParse(json);
  if (!parsed.success)
    throw mendedInvalid(file, lineNumber, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { source, table, file: origin, record_number: recordNumber, raw, raw_base64: base64 } = parsed.data;
  if (raw !== null && /\p{Surrogate}/u.test(raw))
    throw mendedInvalid(file, lineNumber, '`raw` has half a surrogate pair, which no UTF-8 can hold.');
  if (raw === null && base64 === null) throw mendedInvalid(file, lineNumber, 'There is no `raw`.');
  const bytes = raw === null ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(raw);
  return { lineNumber, source, table, file: origin, recordNumber, raw: bytes };
}

export function mendedInvalid(
  file: string,
  lineNumber: number,
  message: string,
  cause?: unknown,
): MillraceError {
  return fail('mended_invalid', {
    message,
    where: `${file}:${lineNumber}`,
    hint: 'Write it with `millrace rejects <run> --export <file>.ndjson`, and change nothing but `raw`. Nothing was run.',
    cause,
  });
}
