import { mkdtemp, readFile, realpath, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';

import { extractFile, extractFolder, writePipeline } from '../support/extract-folder.ts';
import { zstdBomb, zstdFrame } from '../support/zstd-frame.ts';

const COLUMNS = { a: { type: 'integer' } };
const LINES = '{"a":1}\n{"a":2}\n{"a":3}\n';

/** The values of column `a`, or the code of the error. */
async function read(name: string, bytes: string | Uint8Array, keys: Record<string, unknown> = {}) {
  const type = /\.csv/.test(name) ? 'csv' : 'json';
  const { tables } = await extractFile(type, name, bytes, { columns: COLUMNS, ...keys });
  return tables['data']?.map((row) => row['a']);
}

const refused = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as unknown;

describe('encodings', () => {
  const JSON_LINES = '{"a":1,"b":"é€😀"}\n{"a":2}\n';
  const utf16le = (text: string) => Buffer.from(text, 'utf16le');
  const utf16be = (text: string) => utf16le(text).swap16();
  const utf32 = (text: string, isBigEndian: boolean) => {
    const points = [...text].map((character) => character.codePointAt(0) ?? 0);
    const bytes = Buffer.alloc(points.length * 4);
    points.forEach((point, index) =>
      isBigEndian ? bytes.writeUInt32BE(point, index * 4) : bytes.writeUInt32LE(point, index * 4),
    );
    return bytes;
  };

  test.each([
    ['UTF-16LE', utf16le('\uFEFF[{"a":1}]')],
    ['UTF-16LE', utf16le('[{"a":1}]')],
    ['UTF-16BE', utf16be('\uFEFF[{"a":1}]')],
    ['UTF-16BE', utf16be('[{"a":1}]')],
    ['UTF-32LE', utf32('\uFEFF[{"a":1}]', false)],
    ['UTF-32BE', utf32('[{"a":1}]', true)],
  ])('B13 %s is recognised and named, with and without a byte order mark', async (encoding, bytes) => {
    for (const name of ['data.json', 'data.csv']) {
      await expect(read(name, bytes)).rejects.toEqual(
        refused('unsupported_encoding', `encoded in ${encoding}`),
      );
    }
  });

  test.each([
    ['utf-16le', utf16le(`\uFEFF${JSON_LINES}`)],
    ['utf-16le', utf16le(JSON_LINES)],
    ['utf-16be', utf16be(`\uFEFF${JSON_LINES}`)],
    ['windows-1252', Buffer.from('{"a":1,"b":"\xe9\x80"}\n{"a":2}\n', 'latin1')],
    ['latin1', Buffer.from('{"a":1,"b":"\xe9"}\n{"a":2}\n', 'latin1')],
  ])('B13 %s is read where it is declared', async (encoding, bytes) => {
    const columns = { ...COLUMNS, b: { type: 'text' } };
    const { tables } = await extractFile('json', 'data.jsonl', bytes, { columns, encoding });
    const text = { latin1: 'é', 'windows-1252': 'é€' }[encoding] ?? 'é€😀';
    expect(tables['data']).toEqual([
      { a: 1n, b: text },
      { a: 2n, b: null },
    ]);
  });

  test('B13 what Excel saves as Unicode text is read: UTF-16LE, tabs, CRLF, compressed or not', async () => {
    const bytes = utf16le('\uFEFFa\tb\r\n1\t"x\r\ny"\r\n2\tž\r\n');
    for (const [name, content] of [
      ['data.csv', bytes],
      ['data.csv.gz', gzipSync(bytes)],
    ] as const) {
      const { tables } = await extractFile('csv', name, content, { encoding: 'utf-16le' });
      expect(tables['data']).toEqual([
        { a: 1n, b: 'x\r\ny' },
        { a: 2n, b: 'ž' },
      ]);
    }
  });

  test('B13 half a character costs its record', async () => {
    const bytes = Buffer.concat([
      utf16le('{"a":1,"b":"'),
      Buffer.from([0x00, 0xd8]),
      utf16le('"}\n{"a":2}\n{"a":3,"b":"'),
      Buffer.from([0x41]),
    ]);
    const { tables, rejects } = await extractFile('json', 'data.jsonl', bytes, {
      columns: COLUMNS,
      encoding: 'utf-16le',
    });
    expect(tables['data']).toEqual([{ a: 2n }]);
    expect(rejects.map(({ reason }) => reason)).toEqual(['invalid_utf8', 'truncated_record']);
    const undefinedByte = Buffer.from('{"a":1,"b":"\x81"}\n{"a":2}\n', 'latin1');
    expect(await read('data.jsonl', undefinedByte, { encoding: 'windows-1252' })).toEqual([2n]);
  });

  test.each([
    ['utf-16le', Buffer.from(LINES), 'UTF-8'],
    ['utf-16le', utf16be(LINES), 'UTF-16BE'],
    ['latin1', Buffer.from(`\uFEFF${LINES}`), 'UTF-8'],
    ['windows-1252', utf16le(LINES), 'UTF-16LE'],
  ])('B13 a text that was declared as %s and is not is refused', async (encoding, bytes, found) => {
    await expect(read('data.jsonl', bytes, { encoding })).rejects.toEqual(
      refused('unsupported_encoding', `encoded in ${found}, not in ${encoding.toUpperCase()}`),
    );
  });
});

describe('empty files', () => {
  test.each(['data.json', 'data.csv', 'data.jsonl'])(
    'B18 an empty %s fails unless that is allowed',
    async (name) => {
      await expect(read(name, '')).rejects.toEqual(refused('input_empty', 'empty'));
      expect(await read(name, '', { allow_empty: true })).toEqual([]);
    },
  );

  test.each([
    ['an empty array', 'data.json', '[]'],
    ['an empty array with blanks', 'data.json', ' [ \n ] '],
    ['blank lines', 'data.jsonl', ' \n\n'],
    ['a byte order mark', 'data.jsonl', '\uFEFF'],
    ['a header without rows', 'data.csv', 'a,b\n'],
    ['a header without a line end', 'data.csv', 'a,b'],
  ])('B18 %s gives no records', async (_what, name, text) => {
    expect(await read(name, text)).toEqual([]);
  });

  test('B18 a document whose array of records is empty gives no records', async () => {
    expect(await read('data.json', '{"n":0,"data":[]}', { records: 'data' })).toEqual([]);
  });

  test('B18 CSV without a header fails', async () => {
    await expect(read('data.csv', '\uFEFF')).rejects.toEqual(refused('input_empty'));
    await expect(read('data.csv', '\r\n\r\n')).rejects.toEqual(refused('input_empty'));
  });

  test('B18 gzip of nothing is as empty as nothing', async () => {
    await expect(read('data.json.gz', gzipSync(''))).rejects.toEqual(refused('input_empty'));
  });
});

describe.each([
  ['gzip', 'gz', (text: string) => gzipSync(text)],
  ['zstd', 'zst', (text: string) => zstdFrame(Buffer.from(text))],
] as const)('%s', (compression, suffix, compress) => {
  const name = `data.jsonl.${suffix}`;
  const whole = compress(LINES);

  test(`B21 ${compression} is read, also in several parts and under another name`, async () => {
    expect(await read(name, whole)).toEqual([1n, 2n, 3n]);
    expect(await read(name, Buffer.concat([whole, compress('{"a":4}\n')]))).toEqual([1n, 2n, 3n, 4n]);
    expect(await read('data.jsonl', whole)).toEqual([1n, 2n, 3n]);
    expect(await read('data.csv.' + suffix, compress('a\n7\n'))).toEqual([7n]);
  });

  test(`B21 ${compression} that is cut off anywhere fails, and nothing of the file is used`, async () => {
    for (const length of [12, 20, whole.length - 5, whole.length - 1]) {
      await expect(read(name, whole.subarray(0, length)), `${length} bytes`).rejects.toEqual(
        refused('file_unreadable', 'damaged or cut off'),
      );
    }
  });

  test(`B21 ${compression} with garbage behind its end fails`, async () => {
    await expect(read(name, Buffer.concat([whole, Buffer.from('x')]))).rejects.toEqual(
      refused('file_unreadable', 'damaged or cut off'),
    );
  });

  test(`B21 a name that ends in .${suffix} promises ${compression}`, async () => {
    for (const [content, found] of [
      [LINES, 'not compressed'],
      ['', 'empty'],
    ] as const) {
      await expect(read(name, content)).rejects.toEqual(refused('file_format', found));
    }
  });

  test(`B22 ${compression} in ${compression} is not unpacked twice`, async () => {
    const twice = compression === 'gzip' ? gzipSync(whole) : zstdFrame(whole);
    await expect(read(name, twice)).rejects.toEqual(refused('file_format', `compressed with ${compression}`));
  });
});

describe('gzip', () => {
  const whole = gzipSync(LINES);
  const flipped = (at: number) => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 0x01;
    return bytes;
  };

  test('B21 a wrong checksum, length or bit fails', async () => {
    for (const at of [whole.length - 8, whole.length - 4, 15]) {
      await expect(read('data.jsonl.gz', flipped(at)), `bit at ${at}`).rejects.toEqual(
        refused('file_unreadable'),
      );
    }
  });

  test('B21 zeros behind the end are the filling of a block', async () => {
    expect(await read('data.jsonl.gz', Buffer.concat([whole, Buffer.alloc(5000)]))).toEqual([1n, 2n, 3n]);
  });
});

describe('bombs', () => {
  const MEBIBYTE = 1024 * 1024;
  /** One record, and a line that unpacks to 68 MiB. */
  const gzipBomb = gzipSync(Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.alloc(68 * MEBIBYTE, 'x')]));

  test('B22 what unpacks to hundreds of times its size is refused while it unpacks', async () => {
    await expect(read('data.jsonl.gz', gzipBomb)).rejects.toEqual(
      refused('ratio_exceeded', 'over 200 times'),
    );
    const zstd = Buffer.concat([zstdFrame(Buffer.from('{"a":1}\n')), zstdBomb(0x78, 544)]);
    await expect(read('data.jsonl.zst', zstd)).rejects.toEqual(refused('ratio_exceeded', 'over 200 times'));
  });

  test('B22 a source may allow it', async () => {
    expect(await read('data.jsonl.gz', gzipBomb, { file_limits: { max_ratio: 2000 } })).toEqual([1n]);
  });

  test('B22 content beyond the size that a source allows is refused, compressed or not', async () => {
    const file_limits = { max_bytes: 20 };
    for (const [name, bytes] of [
      ['data.jsonl', LINES],
      ['data.jsonl.zst', zstdFrame(Buffer.from(LINES))],
    ] as const) {
      await expect(read(name, bytes, { file_limits })).rejects.toEqual(
        refused('size_exceeded', 'more than 20 bytes'),
      );
      expect(await read(name, bytes, { file_limits: { max_bytes: 50 } })).toEqual([1n, 2n, 3n]);
    }
    const unpacked = gzipSync('{"a":1}\n'.repeat(100));
    await expect(read('data.jsonl.gz', unpacked, { file_limits: { max_bytes: 100 } })).rejects.toEqual(
      refused('size_exceeded'),
    );
  });

  test('B22 a sparse file of a terabyte is refused before it is read', async () => {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-case-')));
    try {
      await writePipeline(folder, {
        sources: { data: { type: 'json', path: 'data.jsonl', tables: { data: { columns: COLUMNS } } } },
        files: { 'data.jsonl': '{"a":1}\n' },
      });
      await truncate(path.join(folder, 'data.jsonl'), 2 ** 40);
      await expect(extractFolder(folder)).rejects.toEqual(refused('size_exceeded'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('names that lie', () => {
  const workbook = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100, 7)]);

  test.each([
    ['data.json', 'a,b\n1,2\n', 'not JSON: it begins with'],
    ['data.json', '<!DOCTYPE html><html>', 'an HTML page'],
    ['data.json', '<?xml version="1.0"?><a/>', 'XML'],
    ['data.json', workbook, 'an Excel workbook'],
    ['data.csv', '<html><body>Not found</body></html>', 'an HTML page'],
    ['data.csv', workbook, 'an Excel workbook'],
    ['data.csv', 'PAR1\0\0\0\0PAR1', 'a Parquet file'],
    ['data.csv', '[{"a":1}]', 'JSON'],
    ['data.csv', '{"a":1}\n', 'JSON'],
    ['data.csv', '%PDF-1.7\n', 'a PDF'],
  ])('B23 %s that is something else fails, and what it is is said: %j', async (name, bytes, what) => {
    await expect(read(name, bytes)).rejects.toEqual(refused('file_format', what));
  });

  test('B23 a database under the name of JSON, and JSON under the name of Parquet', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-case-'));
    try {
      const file = path.join(folder, 'made.db');
      const database = new Database(file);
      database.exec('CREATE TABLE t (a)');
      database.close();
      await expect(read('data.json', await readFile(file))).rejects.toEqual(
        refused('file_format', 'an SQLite database'),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    await expect(extractFile('parquet', 'data.parquet', '[{"a":1}]')).rejects.toEqual(
      refused('file_format', 'Not a Parquet file'),
    );
  });
});
