import type { CsvOptions } from '@millrace/shared/core/pipeline';
import { describe, expect, test } from 'vitest';

import { sniffCsv } from './sniff-csv.ts';

const OPTIONS: CsvOptions = { delimiter: null, quote: '"', header: true, nulls: [] };

function sniff(content: string | Uint8Array, options: Partial<CsvOptions> = {}, atEnd = true) {
  return sniffCsv({
    head: Buffer.from(content),
    atEnd,
    options: { ...OPTIONS, ...options },
    fileName: 'test.csv',
  });
}

describe('the delimiter', () => {
  test.each([
    [',', 'a,b,c\n1,2,3\n'],
    [';', 'name;price\nfoo, bar;1,5\nbaz;2,5\n'],
    ['\t', 'a\tb\n1,5\t2\n'],
    ['|', 'a|b|c\n1|2;x|3\n'],
    [',', '"a;x","b;y"\n"1;2;3","4"\n'],
    [';', '"a";"b,c,d"\n"1";"2"\n'],
    [',', 'only_one\n1\n2\n'],
    [',', 'a,b|c\n1,2\n3,4|5\n'],
  ])('%j', (delimiter, text) => {
    expect(sniff(text).delimiter).toBe(delimiter);
  });

  test('is the declared one, even where another fits better', () => {
    expect(sniff('a,b\n1,2\n', { delimiter: ';' })).toMatchObject({ delimiter: ';', header: ['a,b'] });
  });
});

describe('the line end', () => {
  test.each([
    ['lf', 'a,b\n1,2\n'],
    ['crlf', 'a,b\r\n1,2\r\n'],
    ['cr', 'a,b\r1,2\r'],
    ['cr', 'a,b\r"1\n1",2\r3,4\r'],
    ['lf', 'a,b\n"1\r1",2\n3,4\n'],
    ['lf', 'a,b\n1,x\ry\n3,4\n5,6\n'],
    ['cr', 'a,b\r1,2\n3,4\r5,6\n'],
    ['lf', 'a,b'],
  ])('%s: %j', (newline, text) => {
    expect(sniff(text).newline).toBe(newline);
  });
});

describe('the header', () => {
  test('is taken as it stands; a field without a name is called by its position', () => {
    expect(sniff('\uFEFF a ,,"b ""x"""\r\n1,2,3\r\n')).toMatchObject({
      header: [' a ', 'column_2', 'b "x"'],
      dataStart: 19,
    });
  });

  test('may come behind blank lines, and end the file', () => {
    expect(sniff('\n\na,b')).toMatchObject({ header: ['a', 'b'], dataStart: 5 });
  });

  test('that is said to be missing leaves the first record to the data', () => {
    expect(sniff('\uFEFF1,2\n3,4\n', { header: false })).toMatchObject({
      header: ['column_1', 'column_2'],
      dataStart: 3,
    });
  });

  test('with a name twice is an error that names both places', () => {
    expect(() => sniff('id,x,id\n')).toThrowError(
      expect.objectContaining({ code: 'file_format', message: 'Columns 1 and 3 are both named "id".' }),
    );
    expect(() => sniff('column_2,\n')).toThrowError(expect.objectContaining({ code: 'file_format' }));
  });

  test.each([['a,"b\n1,2\n'], ['"a"b,c\n1,2\n']])('%j cannot be read', (text) => {
    expect(() => sniff(text)).toThrowError(expect.objectContaining({ code: 'file_format' }));
  });

  test('that does not end within the head is an error', () => {
    expect(() => sniff('a,b,c', {}, false)).toThrowError(expect.objectContaining({ code: 'file_format' }));
  });

  test.each([[''], ['\uFEFF'], ['\r\n\r\n']])('is missing in %j', (text) => {
    expect(() => sniff(text)).toThrowError(expect.objectContaining({ code: 'input_empty' }));
  });
});

describe('other formats', () => {
  test.each([
    ['encoded in UTF-16LE', Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le')],
    ['encoded in UTF-16LE', Buffer.from('a,b\n1,2\n', 'utf16le')],
    ['encoded in UTF-16BE', Buffer.from('a,b\n1,2\n', 'utf16le').swap16()],
    ['encoded in UTF-32LE', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0])],
    ['compressed with gzip', Buffer.from([0x1f, 0x8b, 8, 0])],
    ['a zip archive (or an Excel workbook)', Buffer.from('PK\x03\x04....')],
    ['a Parquet file', Buffer.from('PAR1....')],
    ['an SQLite database', Buffer.from('SQLite format 3\0....')],
    ['an HTML page', Buffer.from('\n<!DOCTYPE html><html>')],
    ['XML', Buffer.from('<?xml version="1.0"?>')],
    ['JSON', Buffer.from('{"a": 1, "b": 2}\n')],
    ['JSON', Buffer.from('[\n  {"a": 1}]\n')],
  ])('%s', (name, bytes) => {
    expect(() => sniff(bytes)).toThrowError(
      expect.objectContaining({
        code: 'file_format',
        message: `The file is ${name}, not CSV in UTF-8.`,
        where: 'test.csv',
      }),
    );
  });

  test.each([['[id],name\n1,2\n'], ['{x},y\n1,2\n'], ['<a>,b\n1,2\n']])('%j is CSV', (text) => {
    expect(sniff(text).header).toHaveLength(2);
  });
});
