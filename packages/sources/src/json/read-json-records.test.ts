import { describe, expect, it } from 'vitest';

import { createJsonCutter, type JsonSlice } from './cut-json.ts';
import type { JsonShape } from './create-scanner.ts';
import { readJsonRecords } from './read-json-records.ts';

const WHOLE: JsonSlice = { start: 0, end: null, firstLine: 1, firstRecord: 1 };

interface Input {
  readonly bytes: Buffer;
  readonly shape: JsonShape;
  readonly records?: readonly (string | number)[];
  readonly slice?: JsonSlice;
  readonly maxRecordBytes?: number;
}

/** What the reader found, in a form that is easy to compare. */
interface Found {
  readonly records: {
    no: number;
    line: number | null;
    at: number | null;
    bytes: number | null;
    raw: string;
    /** Of a member of an object. */
    key?: string;
    value: unknown;
  }[];
  readonly blank: number;
}

/** Chunks that are overwritten once the next one is asked for, as those of a reader that reuses its buffer. */
async function* reusedChunks(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(start, end));
    yield chunk;
    chunk.fill(0xff);
    start = end;
  }
}

async function read(
  { bytes, shape, records, slice = WHOLE, maxRecordBytes }: Input,
  cuts: readonly number[] = [],
): Promise<Found> {
  const found: Found['records'] = [];
  let blank = 0;
  const limit = maxRecordBytes === undefined ? {} : { maxRecordBytes };
  const chunks = reusedChunks(bytes.subarray(slice.start, slice.end ?? bytes.length), cuts);
  for await (const chunk of readJsonRecords({
    chunks,
    shape,
    records: records ?? null,
    slice,
    fileName: 'f.json',
    ...limit,
  })) {
    blank += chunk.blank;
    for (const { recordNumber, line, byteOffset, byteLength, raw, content } of chunk.records) {
      found.push({
        no: recordNumber,
        line,
        at: byteOffset,
        bytes: byteLength,
        raw: Buffer.from(raw()).toString('latin1'),
        ...(content.ok && content.key !== undefined && { key: content.key }),
        value: content.ok ? plain(content.value) : content.reason,
      });
    }
  }
  return { records: found, blank };
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

/** Reads with a chunk border at each position, and byte by byte; all must find the same. */
async function readHoweverCut(input: Input): Promise<Found> {
  const whole = await read(input);
  const length = (input.slice?.end ?? input.bytes.length) - (input.slice?.start ?? 0);
  for (let cut = 0; cut <= length; cut += 1) expect(await read(input, [cut]), `cut at ${cut}`).toEqual(whole);
  expect(
    await read(
      input,
      Array.from({ length }, (_, cut) => cut),
    ),
    'byte by byte',
  ).toEqual(whole);
  for (const record of whole.records) {
    expect(record.raw).toBe(
      input.bytes.toString('latin1', record.at ?? 0, (record.at ?? 0) + (record.bytes ?? 0)),
    );
  }
  return whole;
}

async function failure(input: Input): Promise<{ code: string; message: string; where: string }> {
  const caught = await Promise.all(
    [[], Array.from({ length: input.bytes.length }, (_, cut) => cut)].map((cuts) =>
      read(input, cuts).then(
        () => expect.unreachable('should have failed'),
        ({ code, message, where }: { code: string; message: string; where: string }) => ({
          code,
          message,
          where,
        }),
      ),
    ),
  );
  expect(caught[1]).toEqual(caught[0]);
  return caught[0] as { code: string; message: string; where: string };
}

const text = (content: string) => Buffer.from(content);
const place = ({ records }: Found) => records.map(({ no, line, at, value }) => [no, line, at, value]);

describe('records on lines', () => {
  it('finds them whatever the line ends, blank lines and byte order mark', async () => {
    const bytes = text('\uFEFF{"a":1}\r\n\r\n \t\n{"a":"é😀"}\n{"a":3}\n\n{"a":4}');
    const found = await readHoweverCut({ bytes, shape: 'lines' });
    expect(place(found)).toEqual([
      [1, 1, 3, { a: 1 }],
      [2, 4, 17, { a: 'é😀' }],
      [3, 5, 32, { a: 3 }],
      [4, 7, 41, { a: 4 }],
    ]);
    expect(found.blank).toBe(3);
    expect(found.records[0]?.raw).toBe('{"a":1}');
  });

  it('refuses a bad line and goes on with the next one', async () => {
    const bytes = Buffer.concat([
      text('{"a":1\n{"a":NaN}\n{}{}\n'),
      Buffer.from([0x22, 0xe9, 0x22, 0x0a]),
      text('"\\ud800"\n{"a":1,"a":2}\n\uFEFF{}\n7\n[]\n'),
    ]);
    const found = await readHoweverCut({ bytes, shape: 'lines' });
    expect(found.records.map(({ value }) => value)).toEqual([
      ...[
        'json_syntax',
        'json_syntax',
        'json_syntax',
        'invalid_utf8',
        'invalid_unicode',
        'duplicate_key',
        'json_syntax',
      ],
      ...[7, []],
    ]);
  });

  it.each([
    ['a record', '{"a":1}\n{"a":'],
    ['a number', '{"a":1}\n{"a":12'],
    ['a word', '{"a":1}\n{"a":tru'],
    ['an escape', '{"a":1}\n{"a":"\\u00'],
  ])('calls a file that ends in the middle of %s truncated', async (_, content) => {
    const found = await readHoweverCut({ bytes: text(content), shape: 'lines' });
    expect(place(found)[1]).toEqual([2, 2, 8, 'truncated_record']);
  });

  it('tells a file that ends in the middle of a character from bad UTF-8', async () => {
    const cut = Buffer.concat([text('{"a":"'), Buffer.from([0xf0, 0x9f, 0x98])]);
    expect((await readHoweverCut({ bytes: cut, shape: 'lines' })).records[0]?.value).toBe('truncated_record');
    const bad = Buffer.concat([text('{"a":"'), Buffer.from([0xe9]), text('"}')]);
    expect((await readHoweverCut({ bytes: bad, shape: 'lines' })).records[0]?.value).toBe('invalid_utf8');
  });

  it('names a last line by its own fault when it is not cut', async () => {
    const found = await read({ bytes: text('{"a":NaN}'), shape: 'lines' });
    expect(found.records[0]?.value).toBe('json_syntax');
  });

  it('refuses all kinds of bytes that are not UTF-8', async () => {
    const bad: number[][] = [
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xff],
      [0xe9],
      [0xe2, 0x82],
      [0x80],
    ];
    const lines = bad.map((bytes) =>
      Buffer.concat([text('{"a":"'), Buffer.from(bytes), text('"}\n{"ok":true}\n')]),
    );
    const found = await readHoweverCut({ bytes: Buffer.concat(lines), shape: 'lines' });
    expect(found.records.map(({ value }) => value)).toEqual(
      bad.flatMap(() => ['invalid_utf8', { ok: true }]),
    );
  });

  it('says which byte is wrong', async () => {
    const bytes = Buffer.concat([text('{"a":"😀é'), Buffer.from([0xe9]), text('"}\n')]);
    for await (const { records } of readJsonRecords({
      chunks: reusedChunks(bytes, []),
      shape: 'lines',
      records: null,
      slice: WHOLE,
      fileName: 'f',
    })) {
      expect(records[0]?.content).toMatchObject({
        message: 'Byte 0xe9, 12 bytes into the record, is not valid UTF-8.',
      });
    }
  });

  it.each(['', '\uFEFF', '\n', ' \r\n\t'])('finds none in %j', async (content) => {
    expect((await readHoweverCut({ bytes: text(content), shape: 'lines' })).records).toEqual([]);
  });

  it('takes half a byte order mark for data', async () => {
    const found = await readHoweverCut({
      bytes: Buffer.from([0xef, 0xbb, 0x7b, 0x7d, 0x0a]),
      shape: 'lines',
    });
    expect(place(found)).toEqual([[1, 1, 0, 'invalid_utf8']]);
  });
});

describe('elements of an array', () => {
  const pretty =
    '\uFEFF [\n  {"a": "x]\\"}"},\r\n  {"a": [1, {"b": []}], "c\\\\": "é"}\n , 5, "s" ,[],null\n]\n';

  it('finds them whatever they hold', async () => {
    const found = await readHoweverCut({ bytes: text(pretty), shape: 'array' });
    expect(place(found)).toEqual([
      [1, 2, 8, { a: 'x]"}' }],
      [2, 3, 27, { a: [1, { b: [] }], 'c\\': 'é' }],
      [3, 4, 65, 5],
      [4, 4, 68, 's'],
      [5, 4, 73, []],
      [6, 4, 76, null],
    ]);
  });

  it('refuses an element that is wrong in itself', async () => {
    const bytes = Buffer.concat([
      text('[{"a":NaN},{"a":1,},{"a":"'),
      Buffer.from([0xff]),
      text('"},{"a":"\n"},{"a":1,"a":1},{"a":1}]'),
    ]);
    const found = await readHoweverCut({ bytes, shape: 'array' });
    expect(found.records.map(({ value }) => value)).toEqual([
      'json_syntax',
      'json_syntax',
      'invalid_utf8',
      'json_syntax',
      'duplicate_key',
      { a: 1 },
    ]);
    expect(found.records.map(({ line }) => line)).toEqual([1, 1, 1, 1, 2, 2]);
  });

  it.each(['[]', ' [ \n ] ', '\uFEFF[]'])('finds none in %j', async (content) => {
    expect(await readHoweverCut({ bytes: text(content), shape: 'array' })).toEqual({ records: [], blank: 0 });
  });

  it.each([
    ['[{"a":1} {"a":2}]', "byte 9: '{' where ',' or ']'"],
    ['[{"a":1},]', "byte 9: ']' where a value"],
    ['[,1]', "byte 1: ',' where a value"],
    ['[1,,2]', "byte 3: ',' where a value"],
    ['[{"a":1}}', "byte 8: '}' where ',' or ']'"],
    ['[{"a":[1}]', "byte 8: '}' where ']'"],
    ['[{"a":1]}]', "byte 7: ']' where '}'"],
    ['[{"a":"x},{"b":"y"}]', "byte 12: 'b' where one of"],
    ['[1"a"]', "byte 2: '\"' where the end of a number or word"],
    ['[1] x', "byte 4: 'x' where nothing more"],
    ['[1][2]', "byte 3: '[' where nothing more"],
    ['[1,{"a":2}', 'ends at byte 10'],
    ['[1,{"a":"', 'ends at byte 9'],
    ['[1,2', 'ends at byte 4'],
    ['[1,', 'ends at byte 3'],
    ['[', 'ends at byte 1'],
    ['', 'ends at byte 0'],
  ])('gives up a file like %j, naming the byte', async (content, message) => {
    expect(await failure({ bytes: text(content), shape: 'array' })).toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining(message) as string,
      where: expect.stringMatching(/^f\.json, byte \d+$/) as string,
    });
  });

  it('refuses a file with something else at its top', async () => {
    expect(await failure({ bytes: text(' {"a":1}'), shape: 'array' })).toMatchObject({
      code: 'file_format',
      message:
        "The file begins with '{', but its records are to be found in an array, which begins with '['.",
      where: 'f.json, byte 1',
    });
    expect((await failure({ bytes: Buffer.from([0xef, 0xbb, 0x5b, 0x5d]), shape: 'array' })).code).toBe(
      'file_unreadable',
    );
  });

  it('leaves deep nesting to the parser, in bounded memory', async () => {
    const bytes = text(`[${'['.repeat(5000)}${']'.repeat(5000)},{"a":1}]`);
    expect((await read({ bytes, shape: 'array' })).records.map(({ value }) => value)).toEqual([
      'depth_exceeded',
      { a: 1 },
    ]);
  });
});

describe('records inside a document', () => {
  const document =
    '{"meta": {"orders": 1, "data": [7]}, "n": -1.5, "s": "]}", "t": true,\n "da\\u0074a": {"total": 2, "orders": [\n{"id": 1},\n{"id": 2}\n], "next": {"orders": []}}, "z": [1, {"a": "\\""}]}\n';
  const records = ['data', 'orders'];

  it('finds them and walks the rest', async () => {
    const found = await readHoweverCut({ bytes: text(document), shape: 'document', records });
    expect(place(found)).toEqual([
      [1, 3, 109, { id: 1 }],
      [2, 4, 120, { id: 2 }],
    ]);
  });

  it('follows positions in arrays', async () => {
    const bytes = text('[{"x": [9]}, {"x": [[1], [2, 3]]}, 4]');
    const found = await readHoweverCut({ bytes, shape: 'document', records: [1, 'x', 1] });
    expect(found.records.map(({ value }) => value)).toEqual([2, 3]);
  });

  it.each([
    [
      '{"data": {"order": [], "lines": []}}',
      "There is no 'orders' in 'data'. Did you mean 'order'? It has: 'order', 'lines'.",
    ],
    ['{"data": {}}', "There is no 'orders' in 'data'. It is empty."],
    ['{"orders": []}', "There is no 'data' in the document. It has: 'orders'."],
    ['{"data": []}', "'data' is an array, but the path of the records needs an object there."],
    [
      '{"data": {"orders": null}}',
      "'data.orders' is null, but the path of the records needs an array there.",
    ],
    [
      '{"data": {"orders": {"a": 1}}}',
      "'data.orders' is an object, but the path of the records needs an array there.",
    ],
    ['{"data": "orders"}', "'data' is a text, but the path of the records needs an object there."],
  ])('says what is wrong with the path for %s', async (content, message) => {
    const failed = await failure({ bytes: text(content), shape: 'document', records });
    expect(failed).toMatchObject({ code: 'schema_mismatch' });
    expect(failed.message.replace(/ {2}/g, ' ')).toBe(message);
  });

  it('says how many elements an array has that is too short for the path', async () => {
    const failed = await failure({ bytes: text('[[1],[2]]'), shape: 'document', records: [2] });
    expect(failed.message).toBe('The path of the records asks for element 2 of the document, which has 2.');
  });

  it.each([
    [document.slice(0, -4), 'ends at byte'],
    [document.replace('"next":', '"next"'), "where ':'"],
    [document.replace('], "next"', ' "next"'), "where ',' or ']'"],
    [`${document}x`, 'nothing more'],
    [document.replace('"z"', 'z'), 'where a key'],
    [document.replace('"next": {"orders": []}', '"orders": []'), 'stands twice'],
    [document.replace('"s"', '"\\x"'), 'A key that ends here is not valid JSON'],
    [document.replace('{"a": "\\""}', '{"a": "\\""]'), "where '}'"],
  ])('gives up a document that is broken anywhere: %s', async (content, message) => {
    const failed = await failure({ bytes: text(content), shape: 'document', records });
    expect(failed).toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining(message) as string,
    });
  });

  it('refuses a top that the path cannot begin at', async () => {
    expect((await failure({ bytes: text('[1]'), shape: 'document', records })).code).toBe('file_format');
    expect((await failure({ bytes: text('{}'), shape: 'document', records: [0] })).code).toBe('file_format');
  });
});

describe('members of an object', () => {
  const document =
    '\uFEFF{"meta": {"users": {}}, "by": [{"users": {\n "u1": {"n": 1},\n"u\\"2"\n:\n{"u1": {"n": "}"}},"é\\u00e9\\\\" :3 ,"":[], "u1": null\n}}], "z": {"x": [1]}}\n';
  const records = ['by', 0, 'users'];
  const keyed = (found: Found) => found.records.map(({ key, value }) => [key, value]);

  it('finds them with their keys, each from its key to the end of its value', async () => {
    const found = await readHoweverCut({ bytes: text(document), shape: 'members', records });
    expect(found.records.map(({ no, line, at, raw, key }) => [no, line, at, raw.length, key])).toEqual([
      [1, 2, 47, 14, 'u1'],
      [2, 3, 63, 27, 'u"2'],
      [3, 5, 91, 15, 'éé\\'],
      [4, 5, 108, 5, ''],
      [5, 5, 115, 10, 'u1'],
    ]);
    expect(found.records.map(({ value }) => value)).toEqual([{ n: 1 }, { u1: { n: '}' } }, 3, [], null]);
  });

  it('finds those of the top', async () => {
    const bytes = text('\uFEFF {"a":{"id":1},"b":{"id":2}}\n');
    expect(keyed(await readHoweverCut({ bytes, shape: 'members', records: [] }))).toEqual([
      ['a', { id: 1 }],
      ['b', { id: 2 }],
    ]);
  });

  it.each(['{}', '\uFEFF { \n } '])('finds none in %j', async (content) => {
    expect(await readHoweverCut({ bytes: text(content), shape: 'members', records: [] })).toEqual({
      records: [],
      blank: 0,
    });
  });

  it.each([
    ['"b\\x": {}', 'json_syntax'],
    ['"b\nb": {}', 'json_syntax'],
    ['"\\ud800": {}', 'invalid_unicode'],
    ['"b": {"x": tru}', 'json_syntax'],
    ['"b": {"x": 1, "x": 2}', 'duplicate_key'],
    ['"b": tru', 'json_syntax'],
    [Buffer.from([0x22, 0xff, 0x22, 0x3a, 0x31]), 'invalid_utf8'],
    [Buffer.from([0x22, 0x22, 0x3a, 0x22, 0xc3, 0x22]), 'invalid_utf8'],
  ])('refuses one that is wrong in key or value, and no other: %s', async (member, reason) => {
    const bytes = Buffer.concat([text('{"a": {"x": 1}, '), Buffer.from(member), text(', "c": {"x": 3}}')]);
    const found = await readHoweverCut({ bytes, shape: 'members', records: [] });
    expect(keyed(found)).toEqual([
      ['a', { x: 1 }],
      [undefined, reason],
      ['c', { x: 3 }],
    ]);
    expect(found.records[1]).toMatchObject({ at: 16, bytes: Buffer.from(member).length });
  });

  it('are as deep as elements of an array may be', async () => {
    const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const limit = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1024];
    const bytes = (open: string, key: string, close: string) =>
      text(`${open}${limit.map((depth) => key + deep(depth)).join(',')}${close}`);
    const members = await read({ bytes: bytes('{', '"k":', '}'), shape: 'members', records: [] });
    const elements = await read({ bytes: bytes('[', '', ']'), shape: 'array' });
    expect(members.records.map(({ value }) => value)).toEqual(elements.records.map(({ value }) => value));
    expect(members.records.map(({ value }) => value)).toContain('depth_exceeded');
  });

  it.each([
    [document.slice(0, -3), 'more of the document'],
    ['{"by":[{"users":{"u1":{"n":1}', "the '}' after the last record"],
    ['{"by":[{"users":{"u1":{"n":', "the '}' after the last record"],
    ['{"by":[{"users":{"u1', "the '}' after the last record"],
    ['{"by":[{"users":{"u1":{},', "the '}' after the last record"],
    ['{"by":[{"users":{"u1":{},}}]}', "'}' where a key"],
    ['{"by":[{"users":{"u1" {}}}]}', "'{' where ':'"],
    ['{"by":[{"users":{"u1":}}]}', "'}' where a value"],
    ['{"by":[{"users":{"u1":{} "u2":{}}}]}', "',' or '}'"],
    ['{"by":[{"users":{"u1: {"n": 1}}}]}', "'n' where ':'"],
    ['{"by":[{"users":{u1: {}}}]}', "'u' where a key"],
    ['{"by":[{"users":{"u1":[}}}]}', "where ']'"],
  ])('gives up an object that is broken or cut off: %s', async (content, message) => {
    expect(await failure({ bytes: text(content), shape: 'members', records })).toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining(message) as string,
    });
  });

  it('says that there is an array in place of the object', async () => {
    expect(await failure({ bytes: text('{"by":[{"users":[]}]}'), shape: 'members', records })).toMatchObject({
      code: 'schema_mismatch',
      message: "'by.0.users' is an array, but the path of the records needs an object there.",
    });
    expect(await failure({ bytes: text('[]'), shape: 'members', records: [] })).toMatchObject({
      code: 'file_format',
      message:
        "The file begins with '[', but its records are to be found in an object, which begins with '{'.",
    });
  });
});

describe('values one after another', () => {
  it('finds them over several lines or on one', async () => {
    const bytes = text('\uFEFF{\n "a": 1\n}\n{"b":\r\n[2]}{"c":"}"} 7 true\r"x"\n\n[\n]\n9');
    const found = await readHoweverCut({ bytes, shape: 'values' });
    expect(place(found)).toEqual([
      [1, 1, 3, { a: 1 }],
      [2, 4, 15, { b: [2] }],
      [3, 5, 26, { c: '}' }],
      [4, 5, 36, 7],
      [5, 5, 38, true],
      [6, 5, 43, 'x'],
      [7, 7, 48, []],
      [8, 9, 52, 9],
    ]);
  });

  it('calls a last value that is cut off truncated', async () => {
    const found = await readHoweverCut({ bytes: text('{"a":1}\n{"a":\n"x'), shape: 'values' });
    expect(place(found)[1]).toEqual([2, 2, 8, 'truncated_record']);
  });

  it.each(['{"a":1},{"a":2}', '{"a":1}]', '{"a":1} : 2', '{"a":[}]'])(
    'gives up a file like %s',
    async (content) => {
      expect((await failure({ bytes: text(content), shape: 'values' })).code).toBe('file_unreadable');
    },
  );
});

describe('records that are too large', () => {
  const huge = `{"a":"${'x'.repeat(100)}"}`;
  const shapes: [JsonShape, string, (string | number)[]][] = [
    ['lines', `{"a":1}\n${huge}\n{"a":2}\n`, []],
    ['array', `[{"a":1},${huge},{"a":2}]`, []],
    ['document', `{"d":[{"a":1},${huge},{"a":2}]}`, ['d']],
    ['values', `{"a":1} ${huge} {"a":2}`, []],
  ];

  it.each(shapes)(
    'are refused with their place and length, and the next one is read: %s',
    async (shape, content, records) => {
      const bytes = text(content);
      const at = content.indexOf(huge);
      for (const cuts of [[], [at + 3], [at + 50], [at + 105], Array.from(bytes.keys())]) {
        const found = await read({ bytes, shape, records, maxRecordBytes: 64 }, cuts);
        expect(found.records.map(({ value }) => value)).toEqual([{ a: 1 }, 'record_too_large', { a: 2 }]);
        expect(found.records[1]).toMatchObject({ at, bytes: huge.length, no: 2 });
        expect(huge.startsWith(found.records[1]?.raw ?? '-')).toBe(true);
      }
    },
  );

  it('are not held', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    async function* chunks() {
      yield text('{"a":1}\n');
      for (let count = 0; count < 300; count += 1) yield piece;
      yield text('\n{"a":2}\n');
    }
    const before = process.memoryUsage().rss;
    const reasons: unknown[] = [];
    for await (const { records } of readJsonRecords({
      chunks: chunks(),
      shape: 'lines',
      records: null,
      slice: WHOLE,
      fileName: 'f',
    })) {
      for (const { content, raw, byteLength } of records) {
        reasons.push(content.ok ? byteLength : [content.reason, byteLength, raw().byteLength]);
      }
    }
    expect(reasons).toEqual([7, ['record_too_large', 300 * 1024 * 1024, 64 * 1024], 7]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });
});

describe('slices', () => {
  const record = (id: number) => `{"id": ${id}, "text": "é]},\\""}`;
  const some = Array.from({ length: 12 }, (_, id) => record(id));
  const files: [JsonShape, string, (string | number)[]][] = [
    ['lines', `\uFEFF${some.slice(0, 5).join('\r\n')}\n\n \n${some.slice(5).join('\n')}`, []],
    ['array', `\uFEFF[\n${some.slice(0, 5).join(' ,\n')},${some.slice(5).join('\n,')}\n]\n`, []],
    ['document', `{"a": {"k": [[], [${some.join(',\n')}], []]}, "z": 1}`, ['a', 'k', 1]],
    [
      'members',
      `{"a": [{${some.map((value, id) => `"k\\"${id}" : ${value}`).join(',\n')}}], "z": 1}`,
      ['a', 0],
    ],
    ['values', some.join('\n\n').replaceAll(',', ',\n'), []],
  ];

  it.each(files)('read one by one are the whole: %s', async (shape, content, records) => {
    const bytes = text(content);
    const whole = await readHoweverCut({ bytes, shape, records });
    expect(whole.records).toHaveLength(12);
    for (const targetBytes of [1, 40, 100, 200, 10_000]) {
      const slices = cut(bytes, shape, records, targetBytes, 7);
      expect(cut(bytes, shape, records, targetBytes, 1)).toEqual(slices);
      expect(slices[0]?.start).toBe(0);
      expect(slices.at(-1)?.end).toBeNull();
      const parts = [];
      for (const [index, slice] of slices.entries()) {
        expect(slice.end).toBe(slices[index + 1]?.start ?? null);
        parts.push(await readHoweverCut({ bytes, shape, records, slice }));
      }
      expect({
        records: parts.flatMap((part) => part.records),
        blank: parts.reduce((sum, part) => sum + part.blank, 0),
      }).toEqual(whole);
    }
    expect(cut(bytes, shape, records, 1, 7)).toHaveLength(12);
    expect(cut(bytes, shape, records, 10_000, 7)).toHaveLength(1);
  });

  it('must end between two records', async () => {
    const bytes = text('[{"id":1},{"id":2},{"id":3}]');
    const slice = { start: 10, end: 19, firstLine: 1, firstRecord: 2 };
    expect((await read({ bytes, shape: 'array', slice })).records.map(({ value }) => value)).toEqual([
      { id: 2 },
    ]);
    await expect(read({ bytes, shape: 'array', slice: { ...slice, end: 17 } })).rejects.toMatchObject({
      code: 'file_unreadable',
    });
    await expect(read({ bytes: bytes.subarray(0, 19), shape: 'array' })).rejects.toMatchObject({
      code: 'file_unreadable',
    });
  });

  it('are not made of a file that is broken', () => {
    expect(() => cut(text('[1,2'), 'array', [], 1, 1)).toThrow(
      expect.objectContaining({ code: 'file_unreadable' }),
    );
    expect(() => cut(text('{"a":1}'), 'document', ['b'], 1, 1)).toThrow(
      expect.objectContaining({ code: 'schema_mismatch' }),
    );
  });
});

function cut(
  bytes: Buffer,
  shape: JsonShape,
  records: (string | number)[],
  targetBytes: number,
  chunkBytes: number,
) {
  const cutter = createJsonCutter({ shape, records, targetBytes, fileName: 'f.json' });
  for (let at = 0; at < bytes.length; at += chunkBytes) cutter.push(bytes.subarray(at, at + chunkBytes));
  return cutter.end();
}
