import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import { readMendedRecord, type MendedRecord } from '@millrace/shared/contracts/mended-record';
import { fail, type MillraceError } from '@millrace/shared/core/errors';

interface MendedLine extends MendedRecord {
  /** 1-based, of the file of mended records. */
  readonly lineNumber: number;
}

/** The lines of a file of mended records. Blank ones are passed over; throws `mended_invalid` with the line. */
export async function* readMendedFile(file: string): AsyncGenerator<MendedLine, void> {
  let lineNumber = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      lineNumber += 1;
      if (text.trim() === '') continue;
      const record = readMendedRecord(text);
      if (typeof record === 'string') throw mendedInvalid(file, lineNumber, record);
      yield { ...record, lineNumber };
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw fail('usage', { message: `The file cannot be read: ${error.message}.`, where: file, cause: error });
  }
}

export function mendedInvalid(file: string, lineNumber: number, message: string): MillraceError {
  return fail('mended_invalid', {
    message,
    where: `${file}:${lineNumber}`,
    hint: 'Write it with `millrace rejects <run> --export <file>.ndjson`, and change nothing but `raw`. Nothing was run.',
  });
}
