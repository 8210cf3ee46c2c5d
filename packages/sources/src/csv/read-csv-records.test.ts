import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { CsvOptions } from '@millrace/shared/core/pipeline';
import { MAX_RECORD_BYTES, type RecordPlace } from '@millrace/shared/core/reject';
import { describe, expect, test } from 'vitest';

import { createCsvCutter } from './cut-csv.ts';
import { readCsvRecords, type CsvLayout, type CsvSlice } from './read-csv-records.ts';
import { sniffCsv } from './sniff-csv.ts';

const OPTIONS: CsvOptions = { delimiter: null, quote: '"', header: true, nulls: [] };
const WHOLE: CsvSlice = { start: 0, end: null, firstLine: 1, firstRecord: 1 };

async function* inChunks(bytes: Uint8Array, sizes: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const size = sizes();
    yield bytes.slice(at, at + size);
    at += size;
  }
}

interface Reading {
  readonly options?: Partial<CsvOptions>;
  readonly layout?: CsvLayout;
  readonly slice?: CsvSlice;
  readonly chunkBytes?: () => number;
}

interface SeenRecord extends RecordPlace {
  readonly raw: string;
  readonly value?: Record<string, unknown>;
  readonly reason?: string;
}

/** All that a reading yields, in a form to compare: per record place, raw text and value or reason. */
async function read(content: string | Uint8Array, reading: Reading = {}) {
  const bytes = Buffer.from(content);
  const options = { ...OPTIONS, ...reading.options };
  const slice = reading.slice ?? WHOLE;
  const layout = reading.layout ?? sniffCsv({ head: bytes, atEnd: true, options, fileName: 'test.csv' });
  const chunks = inChunks(bytes.subarray(slice.start), reading.chunkBytes ?? (() => 1 << 20));
  const records: SeenRecord[] = [];
  let blank = 0;
  for await (const chunk of readCsvRecords({ chunks, layout, options, slice, fileName: 'test.csv' })) {
    blank += chunk.blank;
    for (const record of chunk.records) {
      const { recordNumber, line, byteOffset, byteLength, content } = record;
      records.push({
        recordNumber,
        line,
        byteOffset,
        byteLength,
        raw: Buffer.from(record.raw()).toString('latin1'),
        ...(content.ok
          ? { value: { ...(content.value as Record<string, unknown>) } }
          : { reason: content.reason }),
      });
    }
  }
  return { records, blank };
}

const values = async (content: string | Uint8Array, reading?: Reading) =>
  (await read(content, reading)).records.map((record) => record.value ?? record.reason);

describe('values', () => {
  test('are strings under the names of the header; an empty field is null and a quoted empty one is not', async () => {
    expect(await values('a,b,c\n1,,""\n')).toEqual([{ a: '1', b: null, c: '' }]);
  });

  test('named in nulls are null unless they are quoted', async () => {
    expect(await values('a,b\nNA,"NA"\n', { options: { nulls: ['NA', '-'] } })).toEqual([
      { a: null, b: 'NA' },
    ]);
  });

  test('in quotes may hold delimiters, doubled quotes and line ends of all kinds', async () => {
    expect(await values('a,b\n"x,""y""","1\r\n2\n3\r4"\n')).toEqual([{ a: 'x,"y"', b: '1\r\n2\n3\r4' }]);
  });

  test('keep blanks, and U+2028 is no line end', async () => {
    expect(await values('a,b\n x , y\u2028z\n')).toEqual([{ a: ' x ', b: ' y\u2028z' }]);
  });

  test('may be called __proto__ or constructor', async () => {
    const { records } = await read('__proto__,b\n1,2\n');
    expect(Object.entries(records[0]?.value ?? {})).toEqual([
      ['__proto__', '1'],
      ['b', '2'],
    ]);
    const layout = sniffCsv({
      head: Buffer.from('b\n'),
      atEnd: true,
      options: OPTIONS,
      fileName: 'test.csv',
    });
    const chunks = inChunks(Buffer.from('b\n2\n'), () => 100);
    const reading = { chunks, layout, options: OPTIONS, slice: WHOLE, fileName: 'test.csv' };
    for await (const chunk of readCsvRecords(reading)) {
      const content = chunk.records[0]?.content;
      expect(content?.ok === true && (content.value as Record<string, unknown>)['constructor']).toBe(
        undefined,
      );
    }
  });

  test('beyond ASCII are decoded as UTF-8, and a U+FFFD that was written is no fault', async () => {
    expect(await values('a,b\nBjörk,"„Ó“, \u{1F40E}"\nx\uFFFD,y\n')).toEqual([
      { a: 'Björk', b: '„Ó“, \u{1F40E}' },
      { a: 'x\uFFFD', b: 'y' },
    ]);
  });

  test('of other quotes and delimiters', async () => {
    const options = { quote: "'", delimiter: '|' };
    expect(await values("a|b\n'1|''2'''|\"\n", { options })).toEqual([{ a: "1|'2'", b: '"' }]);
  });
});

describe('places', () => {
  const text = '\uFEFFa,"b\nc"\r\n1,2\r\n\r\n"x\ny",3\n4,5';
  const expected = {
    blank: 1,
    records: [
      { recordNumber: 1, line: 3, byteOffset: 12, byteLength: 3, raw: '1,2', value: { a: '1', 'b\nc': '2' } },
      {
        recordNumber: 2,
        line: 5,
        byteOffset: 19,
        byteLength: 7,
        raw: '"x\ny",3',
        value: { a: 'x\ny', 'b\nc': '3' },
      },
      { recordNumber: 3, line: 7, byteOffset: 27, byteLength: 3, raw: '4,5', value: { a: '4', 'b\nc': '5' } },
    ],
  };

  test('count records, lines and bytes apart from header, blank lines and byte order mark', async () => {
    expect(await read(text)).toEqual(expected);
  });

  test('do not depend on where chunks end', async () => {
    for (let chunkBytes = 1; chunkBytes < 32; chunkBytes += 1) {
      expect(await read(text, { chunkBytes: () => chunkBytes })).toEqual(expected);
    }
  });
});

describe('line ends', () => {
  test.each([
    ['LF', 'a,b\n1,2\n3,4\n'],
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4\r'],
    ['LF and CRLF mixed', 'a,b\r\n1,2\n3,4\r\n'],
    ['CR and CRLF mixed', 'a,b\r1,2\r\n3,4\r'],
    ['all three mixed', 'a,b\r1,2\n3,4\r\n'],
    ['none behind the last record', 'a,b\n1,2\n3,4'],
    ['a CR cut off from its LF', 'a,b\r\n1,2\r\n3,4\r'],
  ])('%s', async (_name, text) => {
    for (const chunkBytes of [1, 2, 3, 100]) {
      expect(await values(text, { chunkBytes: () => chunkBytes })).toEqual([
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ]);
    }
  });

  test('a CR inside a field of a file of LF lines is data', async () => {
    expect(await values('a,b\n1,x\ry\n3,4\n')).toEqual([
      { a: '1', b: 'x\ry' },
      { a: '3', b: '4' },
    ]);
  });
});

describe('rejects', () => {
  test.each([
    ['csv_too_few_fields', '1'],
    ['csv_too_many_fields', '1,2,3'],
    ['csv_bad_quote', '1,x"y'],
    ['csv_bad_quote', '1, "y"'],
    ['csv_bad_quote', '"1"x,2'],
    ['csv_bad_quote', '"a "quoted, word" b",2'],
    ['nul_byte', '1,\0'],
    ['nul_byte', '1,"\0"'],
  ])('%s: %j, and the neighbours go on', async (reason, line) => {
    const text = `a,b\n0,0\n${line}\n9,9\n`;
    for (const chunkBytes of [1, 3, 1000]) {
      expect(await values(text, { chunkBytes: () => chunkBytes })).toEqual([
        { a: '0', b: '0' },
        reason,
        { a: '9', b: '9' },
      ]);
    }
  });

  test('csv_bad_quote: a closing quote and a CR that is no line end', async () => {
    const layout = {
      kind: 'csv',
      delimiter: ',',
      newline: 'crlf',
      header: ['a', 'b'],
      dataStart: 0,
    } as const;
    expect(await values('"1"\rx,2\r\n"3","4"\r\n', { layout })).toEqual([
      'csv_bad_quote',
      { a: '3', b: '4' },
    ]);
  });

  test('invalid_utf8: the bytes of the record, undecoded', async () => {
    const text = Buffer.concat([
      Buffer.from('a,b\nü,1\n'),
      Buffer.from([0xfc, 0x2c, 0x32]),
      Buffer.from('\n3,4\n'),
    ]);
    const { records } = await read(text);
    expect(records.map((record) => record.value ?? record.reason)).toEqual([
      { a: 'ü', b: '1' },
      'invalid_utf8',
      { a: '3', b: '4' },
    ]);
    expect(records[1]?.raw).toBe('\xfc,2');
  });

  test('csv_unterminated_quote: an open quote costs its line, not the rest of the file', async () => {
    expect(await read('a,b\n1,"x\n3,4\n\n5,6\n')).toEqual({
      blank: 1,
      records: [
        {
          recordNumber: 1,
          line: 2,
          byteOffset: 4,
          byteLength: 4,
          raw: '1,"x',
          reason: 'csv_unterminated_quote',
        },
        { recordNumber: 2, line: 3, byteOffset: 9, byteLength: 3, raw: '3,4', value: { a: '3', b: '4' } },
        { recordNumber: 3, line: 5, byteOffset: 14, byteLength: 3, raw: '5,6', value: { a: '5', b: '6' } },
      ],
    });
  });

  test('truncated_record: the last line when it breaks off', async () => {
    expect(await values('a,b\n1,2\n3')).toEqual([{ a: '1', b: '2' }, 'truncated_record']);
    expect(await values('a,b\n1,2\n3,"x')).toEqual([{ a: '1', b: '2' }, 'truncated_record']);
  });

  test('an open quote in a file larger than a record may be, and the records behind it', async () => {
    const line = `${'x'.repeat(5000)},0123456789\n`;
    const count = Math.ceil((MAX_RECORD_BYTES * 1.5) / line.length);
    const { records } = await read(`a,b\n1,"x\n${line.repeat(count)}`, { chunkBytes: () => 65_536 });
    expect(records[0]).toMatchObject({ reason: 'csv_unterminated_quote', raw: '1,"x', line: 2 });
    expect(records).toHaveLength(count + 1);
    expect(records.at(-1)).toMatchObject({
      recordNumber: count + 1,
      line: count + 2,
      value: { b: '0123456789' },
    });
  });

  test('record_too_large: the line is passed over, its length known and its beginning kept', async () => {
    const long = 'x'.repeat(MAX_RECORD_BYTES + 1_000_000);
    for (const chunkBytes of [65_536, 1 << 30]) {
      const { records } = await read(`a,b\n1,2\n${long}\n3,4\n`, { chunkBytes: () => chunkBytes });
      expect(records.map(({ raw, ...record }) => ({ ...record, rawBytes: raw.length }))).toEqual([
        { recordNumber: 1, line: 2, byteOffset: 4, byteLength: 3, rawBytes: 3, value: { a: '1', b: '2' } },
        {
          recordNumber: 2,
          line: 3,
          byteOffset: 8,
          byteLength: long.length,
          rawBytes: 64 * 1024,
          reason: 'record_too_large',
        },
        {
          recordNumber: 3,
          line: 4,
          byteOffset: 9 + long.length,
          byteLength: 3,
          rawBytes: 3,
          value: { a: '3', b: '4' },
        },
      ]);
    }
  });

  test('a slice that the file is too short for is an error', async () => {
    const slice = { ...WHOLE, end: 1000 };
    await expect(read('a,b\n1,2\n', { slice })).rejects.toMatchObject({ code: 'source_changed' });
  });
});

describe('slices', () => {
  function cut(bytes: Uint8Array, layout: CsvLayout, targetBytes: number, chunkBytes: number) {
    const cutter = createCsvCutter({ layout, options: OPTIONS, targetBytes });
    for (let at = 0; at < bytes.length; at += chunkBytes) cutter.push(bytes.subarray(at, at + chunkBytes));
    return cutter.end();
  }

  async function readSlices(
    bytes: Uint8Array,
    layout: CsvLayout,
    slices: readonly CsvSlice[],
    chunkBytes: number,
  ) {
    const whole = { records: [] as unknown[], blank: 0 };
    for (const slice of slices) {
      const part = await read(bytes, { layout, slice, chunkBytes: () => chunkBytes });
      if (slice.records !== undefined) expect(part.records).toHaveLength(slice.records);
      whole.records.push(...part.records);
      whole.blank += part.blank;
    }
    return whole;
  }

  test('of a file without rows are one, without records', () => {
    const bytes = Buffer.from('a,b\n');
    const layout = sniffCsv({ head: bytes, atEnd: true, options: OPTIONS, fileName: 'test.csv' });
    expect(cut(bytes, layout, 10, 3)).toEqual([
      { start: 4, end: 4, firstLine: 2, firstRecord: 1, records: 0 },
    ]);
  });

  test('together give what the whole file gives, for texts of all sorts however they are chunked', async () => {
    const random = randomNumbers(20_260_801);
    const alphabets = ['ab,\n', 'a,"\n', 'a,"\n\r', 'a,"\r', '"\n,', 'aü,"\n\r\0', '\r\n,'];
    const newlines = ['lf', 'crlf', 'cr'] as const;
    for (let round = 0; round < 4000; round += 1) {
      const alphabet = alphabets[random(alphabets.length)] as string;
      const newline = newlines[random(newlines.length)] as CsvLayout['newline'];
      const text = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]).join('');
      const bytes = Buffer.from(newline === 'cr' ? `h,i\r${text}` : `h,i\n${text}`);
      const layout: CsvLayout = { kind: 'csv', delimiter: ',', newline, header: ['h', 'i'], dataStart: 4 };
      const whole = await read(bytes, { layout, chunkBytes: () => 1000 });
      const chunked = await read(bytes, { layout, chunkBytes: () => 1 + random(4) });
      expect(chunked, JSON.stringify(text)).toEqual(whole);
      const slices = cut(bytes, layout, 1 + random(12), 1 + random(5));
      expect(slices.map((slice) => slice.start)).toEqual([
        4,
        ...slices.slice(0, -1).map((slice) => slice.end),
      ]);
      expect(slices.at(-1)?.end).toBe(bytes.length);
      expect(await readSlices(bytes, layout, slices, 1 + random(7)), JSON.stringify(text)).toEqual(whole);
    }
  });
});

function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('a real file', () => {
  const file = path.resolve(import.meta.dirname, '../../../../../shared/data/albums/rapcaviar_raw.csv');

  test.skipIf(!existsSync(file))('of CR lines, with commas in quotes (needs the shared data)', async () => {
    const { records, blank } = await read(readFileSync(file), {
      options: { nulls: ['na'] },
      chunkBytes: () => 777,
    });
    expect(blank).toBe(0);
    expect(records).toHaveLength(509);
    expect(records.filter((record) => record.reason !== undefined)).toEqual([]);
    const years = records.map((record) => record.value?.['Year Released']);
    expect(years.filter((year) => Number(year) >= 2019)).toHaveLength(140);
    expect(records.slice(-2).map((record) => record.value?.['Artist'])).toEqual([null, null]);
  });
});
