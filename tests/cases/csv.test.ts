import { describe, expect, test } from 'vitest';

import { extractFile } from '../support/extract-folder.ts';

const COLUMNS = { a: { type: 'integer' }, b: { type: 'text' } };

async function read(text: string | Uint8Array, keys: Record<string, unknown> = {}) {
  const { tables, rejects, files } = await extractFile('csv', 'data.csv', text, {
    columns: COLUMNS,
    ...keys,
  });
  return {
    rows: tables['data']?.map((row) => [row['a'], row['b']]),
    rejects: rejects.map(({ recordNumber, line, reason }) => [recordNumber, line, reason]),
    counts: files['data.csv'],
  };
}

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

describe('records', () => {
  test('B02 the last line without a line end is a record, and cut off it is rejected', async () => {
    expect(await read('a,b\n1,x\n2,y')).toMatchObject({
      rows: [
        [1n, 'x'],
        [2n, 'y'],
      ],
      rejects: [],
    });
    expect(await read('a,b\n1,x\n2')).toMatchObject({
      rows: [[1n, 'x']],
      rejects: [[2, 3, 'truncated_record']],
    });
    expect(await read('a,b\n1,x\n2,"y')).toMatchObject({
      rows: [[1n, 'x']],
      rejects: [[2, 3, 'truncated_record']],
    });
  });

  test('B06 a header with a name twice fails, naming both columns', async () => {
    await expect(read('a,b,a\n1,x,2\n')).rejects.toMatchObject({
      code: 'file_format',
      message: expect.stringContaining('Columns 1 and 3 are both named "a"') as string,
    });
  });

  test('B07 B08 numbers are exact or refused', async () => {
    const columns = { a: { type: 'double' }, b: { type: 'integer' } };
    const { tables, rejects } = await extractFile(
      'csv',
      'data.csv',
      'a,b\n1.5,9007199254740993\n1e400,1\n1,9223372036854775808\n9007199254740993,2\n',
      { columns },
    );
    expect(tables['data']).toEqual([{ a: 1.5, b: 9007199254740993n }]);
    expect(rejects.map(({ reason }) => reason)).toEqual([
      'number_out_of_range',
      'number_out_of_range',
      'number_precision_loss',
    ]);
  });

  test('B11 a record that is not UTF-8 is rejected, and the next one is read', async () => {
    expect(await read(bytes('a,b\n1,é\n2,', [0xe9], '\n3,"', [0xe2, 0x82], '"\n4,x\n'))).toMatchObject({
      rows: [
        [1n, 'é'],
        [4n, 'x'],
      ],
      rejects: [
        [2, 3, 'invalid_utf8'],
        [3, 4, 'invalid_utf8'],
      ],
    });
  });

  test('B11 a header that is not UTF-8 fails, because columns could not be told by name', async () => {
    await expect(read(bytes('a,', [0xe9], '\n1,x\n'))).rejects.toMatchObject({
      code: 'file_format',
      message: expect.stringContaining('column 2') as string,
    });
  });

  test('B12 a byte order mark is no part of the first name, and elsewhere it is data', async () => {
    expect(await read('\uFEFFa,b\n1,x\n2,\uFEFFy\n')).toMatchObject({
      rows: [
        [1n, 'x'],
        [2n, '\uFEFFy'],
      ],
    });
    expect(await read('\uFEFF"a","b"\n1,x\n')).toMatchObject({ rows: [[1n, 'x']] });
  });

  test('B14 a NUL is refused, in quotes too', async () => {
    expect(await read('a,b\n1,x\0y\n2,"\0"\n3,z\n')).toMatchObject({
      rows: [[3n, 'z']],
      rejects: [
        [1, 2, 'nul_byte'],
        [2, 3, 'nul_byte'],
      ],
    });
  });

  test('B17 columns may be called __proto__, constructor or nothing at all', async () => {
    const { tables } = await extractFile('csv', 'data.csv', '__proto__,constructor,,toString\n1,2,3,4\n');
    expect(Object.entries(tables['data']?.[0] ?? {})).toEqual([
      ['__proto__', 1n],
      ['constructor', 2n],
      ['column_3', 3n],
      ['toString', 4n],
    ]);
  });
});

describe('lines', () => {
  test.each([
    ['LF', '\n', '\n'],
    ['CRLF', '\r\n', '\r\n'],
    ['CR', '\r', '\r'],
    ['LF and CRLF', '\n', '\r\n'],
    ['CR and CRLF', '\r', '\r\n'],
    ['all three', '\n', '\r'],
  ])('B19 lines may end with %s: the records are the same', async (_name, first, second) => {
    const text = [
      'a,b',
      first,
      '1,x',
      second,
      '2,"y\nz"',
      first,
      second === '\r' ? '3,w\r\n' : `3,w${second}`,
    ].join('');
    expect(await read(text)).toEqual({
      rows: [
        [1n, 'x'],
        [2n, 'y\nz'],
        [3n, 'w'],
      ],
      rejects: [],
      counts: { seen: 3, accepted: 3, rejected: 0, blank: 0 },
    });
  });

  test('B19 line ends in quotes and U+2028 are data, blank lines are no records, and lines are counted on', async () => {
    expect(await read('a,b\n1,"x\r\ny\rz"\n\n2,u\u2028v\n3,w,\n')).toEqual({
      rows: [
        [1n, 'x\r\ny\rz'],
        [2n, 'u\u2028v'],
      ],
      rejects: [[3, 6, 'csv_too_many_fields']],
      counts: { seen: 3, accepted: 2, rejected: 1, blank: 1 },
    });
  });
});

describe('fields', () => {
  test('B20 too few, too many and stray quotes cost their record, which is placed', async () => {
    const { rejects, tables } = await extractFile(
      'csv',
      'data.csv',
      'a,b\n1,x\n2\n3,y,z\n4,p"q\n5,"r"s\n6,w\n',
      { columns: COLUMNS },
    );
    expect(tables['data']).toEqual([
      { a: 1n, b: 'x' },
      { a: 6n, b: 'w' },
    ]);
    expect(
      rejects.map(({ reason, line, byteOffset, byteLength }) => [reason, line, byteOffset, byteLength]),
    ).toEqual([
      ['csv_too_few_fields', 3, 8, 1],
      ['csv_too_many_fields', 4, 10, 5],
      ['csv_bad_quote', 5, 16, 5],
      ['csv_bad_quote', 6, 22, 6],
    ]);
  });

  test('B20 an open quote costs its line, not the rest of the file', async () => {
    expect(await read('a,b\n1,"x\n2,y\n3,z\n')).toMatchObject({
      rows: [
        [2n, 'y'],
        [3n, 'z'],
      ],
      rejects: [[1, 2, 'csv_unterminated_quote']],
    });
  });

  test('B20 a header that stands again in the middle is data, and does not fit the types', async () => {
    expect(await read('a,b\n1,x\na,b\n2,y\n')).toMatchObject({
      rows: [
        [1n, 'x'],
        [2n, 'y'],
      ],
      rejects: [[2, 3, 'type_mismatch']],
    });
  });

  test.each([[';'], ['\t'], ['|']])('B20 the delimiter %j is found out', async (delimiter) => {
    expect(await read(`a${delimiter}b\n1${delimiter}"x${delimiter},y"\n2${delimiter}z\n`)).toMatchObject({
      rows: [
        [1n, `x${delimiter},y`],
        [2n, 'z'],
      ],
      rejects: [],
    });
  });

  test('B20 a delimiter that is declared wrongly loses nothing in silence', async () => {
    await expect(read('a,b\n1,x\n', { delimiter: ';' })).rejects.toMatchObject({ code: 'schema_mismatch' });
  });
});
