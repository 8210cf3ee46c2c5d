import { fail } from '@millrace/shared/core/errors';

/**
 * Names of the fields from the header's own, which are taken as they stand; a field without a name becomes
 * `column_N`. Two fields of one name are a `file_format` error: either could be meant by it.
 */
export function nameColumns(fields: readonly string[], fileName: string): string[] {
  const positions = new Map<string, number>();
  return fields.map((field, index) => {
    const position = index + 1;
    const name = field === '' ? `column_${position}` : field;
    if (name.includes('\uFFFD')) {
      throw fail('file_format', {
        message: `The name of column ${position} is not valid UTF-8: ${JSON.stringify(name)}.`,
        where: `${fileName}, header`,
        hint: 'Convert the file to UTF-8 first, for example with iconv.',
      });
    }
    const earlier = positions.get(name);
    if (earlier !== undefined) {
      throw fail('file_format', {
        message: `Columns ${earlier} and ${position} are both named ${JSON.stringify(name)}.`,
        where: `${fileName}, header`,
        hint: 'Rename one of them in the file, or, if the file has no header, set header: false for its source.',
      });
    }
    positions.set(name, position);
    return name;
  });
}
