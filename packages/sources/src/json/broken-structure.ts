import { fail, type MillraceError } from '@millrace/shared/core/errors';

/** The error of a byte at `offset` that cannot stand there; after it no boundary of a record can be trusted. */
export function brokenStructure(
  fileName: string,
  offset: number,
  byte: number,
  expected: string,
): MillraceError {
  return fail('file_unreadable', {
    message: `The JSON is broken at byte ${offset}: ${describeByte(byte)} where ${expected} is expected.`,
    where: `${fileName}, byte ${offset}`,
    hint: 'Nothing of the file was used, because records after this place cannot be told apart. Repair or export it again.',
  });
}

/** The error of a file that ends too early. */
export function cutShort(fileName: string, offset: number, expected: string): MillraceError {
  return fail('file_unreadable', {
    message: `The file ends at byte ${offset} where ${expected} is expected; it seems to be cut off.`,
    where: `${fileName}, byte ${offset}`,
    hint: 'Nothing of the file was used. Fetch or export it again.',
  });
}

export function describeByte(byte: number): string {
  const visible = byte > 0x20 && byte < 0x7f;
  return visible ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16).padStart(2, '0')}`;
}
