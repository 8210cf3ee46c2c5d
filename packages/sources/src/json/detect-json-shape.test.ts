import { describe, expect, it } from 'vitest';

import { detectJsonShape } from './detect-json-shape.ts';

const detect = (content: string | Buffer, atEnd = true) =>
  detectJsonShape(Buffer.from(content as string), atEnd, 'f.json');

describe('detectJsonShape', () => {
  it.each([
    ['{"a":1}\n{"a":2}\n', 'lines'],
    ['\uFEFF{"a":1}\r\n\r\n{"a":2}', 'lines'],
    ['{"a":1}', 'lines'],
    ['{"a":1}\n', 'lines'],
    ['1\n"x"\nnull\n', 'lines'],
    ['[{"a":1},{"a":2}]', 'array'],
    ['[{"a":1},{"a":2}]\n\n', 'array'],
    [' [\n{"a":1},\n{"a":2}\n]', 'array'],
    ['[]', 'array'],
    ['[\n  1,\n  2\n]', 'array'],
    ['{\n  "a": 1\n}\n', 'values'],
    ['{\n  "a": 1\n}\n{\n  "a": 2\n}\n', 'values'],
    ['{"a": [\n{"x": 1},\n{"x": 2}\n]}', 'values'],
    ['', 'empty'],
    ['\uFEFF', 'empty'],
    [' \n\r\n\t', 'empty'],
  ])('finds the shape of %j', (content, shape) => {
    expect(detect(content)).toBe(shape);
  });

  it('finds values that are separated by anything but line feeds', () => {
    expect(detect('{"a":1}\r{"a":2}\r')).toBe('values');
    expect(detect('{"a":1}{"a":2}')).toBe('values');
    expect(detect('{"a":1}{"a":2}{"a"', false)).toBe('values');
  });

  it.each([
    ['two values on a line', '{"a":1}{"a":2}\n{"a":3}\n'],
    ['arrays on lines', '[1,2]\n[3,4]\n'],
    ['a first line that is cut', '{"a":1\n{"a":2}\n{"a":3}\n'],
    ['a quote missing in the first line', '{"a":"x}\n{"a":"y"}\n'],
    ['a first line that is not JSON', 'log: started\n{"a":1}\n{"a":2}\n'],
    ['one line that is cut', '{"a":1'],
    ['words that JSON does not have', 'NaN\n{"a":NaN}\n'],
    ['lines that are wrong in themselves', '{\'a\':1}\n{"a":1,}\n{"a":NaN}\n'],
  ])('keeps lines apart in spite of %s', (_, content) => {
    expect(detect(content)).toBe('lines');
  });

  it('decides by the beginning of a larger file', () => {
    expect(detect('{"a":1}\n{"a":2}\n{"a', false)).toBe('lines');
    expect(detect('{"a":"a very long first line', false)).toBe('lines');
    expect(detect('[{"a":1},{"a', false)).toBe('array');
    expect(detect('[1,2]\n[3', false)).toBe('array');
    expect(detect('{\n "data": [\n  {"a": 1},\n  {"a": 2},\n  {"a"', false)).toBe('values');
    expect(detect('\n\n\n', false)).toBe('lines');
  });

  it.each([
    ['UTF-16LE', Buffer.from('\uFEFF{"a":1}', 'utf16le')],
    ['UTF-16LE', Buffer.from('{"a":1}', 'utf16le')],
    ['UTF-16BE', Buffer.from('\uFEFF{"a":1}', 'utf16le').swap16()],
    ['UTF-16BE', Buffer.from('[]', 'utf16le').swap16()],
    ['UTF-32LE', Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0])],
    ['UTF-32LE', Buffer.from([0x7b, 0, 0, 0])],
    ['UTF-32BE', Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x7b])],
    ['UTF-32BE', Buffer.from([0, 0, 0, 0x7b])],
  ])('refuses %s and says how to convert it', (encoding, head) => {
    expect(() => detect(head)).toThrow(
      expect.objectContaining({
        code: 'file_format',
        message: `The file is encoded in ${encoding}, not JSON in UTF-8.`,
        where: 'f.json',
        hint: expect.stringContaining(`iconv -f ${encoding} -t UTF-8`) as string,
      }),
    );
  });

  it.each([
    ['compressed with gzip', Buffer.from([0x1f, 0x8b, 8, 0])],
    ['compressed with zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
    ['a zip archive (or an Excel workbook)', Buffer.from('PK\x03\x04....')],
    ['a Parquet file', Buffer.from('PAR1\x15')],
    ['an SQLite database', Buffer.from('SQLite format 3\0\x10')],
    ['an HTML page', Buffer.from('\uFEFF\n<!DOCTYPE html>\n<html>')],
    ['an HTML page', Buffer.from('<html lang="en">')],
    ['XML', Buffer.from('<?xml version="1.0"?>')],
    ['a PDF', Buffer.from('%PDF-1.7')],
  ])('refuses %s by name', (what, head) => {
    expect(() => detect(head)).toThrow(
      expect.objectContaining({ code: 'file_format', message: `The file is ${what}, not JSON in UTF-8.` }),
    );
  });

  it.each([
    'id,name\n1,Ada\n',
    'hello world',
    '"id","name"\n"1","Ada"\n',
    '1,2\n3,4\n',
    '# comment\n{\n',
    'a: 1\nb: 2\n',
  ])('refuses %j, which is no JSON, with its beginning', (content) => {
    const beginning = JSON.stringify(content.slice(0, 20));
    expect(() => detect(content)).toThrow(
      expect.objectContaining({
        code: 'file_format',
        message: `The file is not JSON: it begins with ${beginning}.`,
      }),
    );
  });
});
