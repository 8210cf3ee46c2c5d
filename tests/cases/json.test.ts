import { describe, expect, test } from 'vitest';

import { extractContent, extractFile, type ExtractedFolder } from '../support/extract-folder.ts';

const INTEGER = { a: { type: 'integer' } };
const TEXT = { a: { type: 'text' } };
const JSON_TYPE = { a: { type: 'json' } };

interface Outcome {
  /** The values of column `a`. */
  readonly rows: readonly unknown[];
  readonly rejects: readonly (readonly [recordNumber: number, reason: string])[];
}

function outcomeOf({ tables, rejects }: ExtractedFolder): Outcome {
  return {
    rows: tables['data']?.map((row) => row['a']) ?? [],
    rejects: rejects.map(({ recordNumber, reason }) => [recordNumber, reason]),
  };
}

const lines = async (text: string | Uint8Array, columns: Record<string, unknown> = INTEGER) =>
  outcomeOf(await extractFile('json', 'data.jsonl', text, { columns }));

const array = async (text: string | Uint8Array, columns: Record<string, unknown> = INTEGER) =>
  outcomeOf(await extractFile('json', 'data.json', text, { columns }));

/** Records in doubt among good ones, as lines and as elements of an array: each is rejected, and nothing else. */
async function expectRejected(
  records: readonly (string | Uint8Array)[],
  reason: string,
  columns: Record<string, unknown> = INTEGER,
): Promise<void> {
  const good = columns === INTEGER ? '{"a":1}' : '{"a":"1"}';
  const parts = [good, ...records.flatMap((record) => [record, good])].map((part) => Buffer.from(part));
  const join = (open: string, separator: string, close: string) =>
    Buffer.concat([
      Buffer.from(open),
      ...parts.flatMap((part, index) => [Buffer.from(index === 0 ? '' : separator), part]),
      Buffer.from(close),
    ]);
  const expected = {
    rows: [good, ...records.map(() => good)].map(() => (columns === INTEGER ? 1n : '1')),
    rejects: records.map((_, index) => [2 * index + 2, reason]),
  };
  expect(await lines(join('', '\n', '\n'), columns)).toEqual(expected);
  expect(await array(join('[', ',\n', ']'), columns)).toEqual(expected);
}

describe('syntax', () => {
  test('B01 a syntax error costs its line, not the next one', async () => {
    const text = '{"a":1}\n{"a":}\n\n{"a":3}\n';
    const { files, rejects } = await extractFile('json', 'data.jsonl', text, { columns: INTEGER });
    expect(files['data.jsonl']).toEqual({ seen: 3, accepted: 2, rejected: 1, blank: 1 });
    expect(rejects).toMatchObject([
      {
        recordNumber: 2,
        line: 2,
        byteOffset: 8,
        byteLength: 6,
        reason: 'json_syntax',
        raw: new Uint8Array(Buffer.from('{"a":}')),
      },
    ]);
  });

  test('B01 a bad value inside of an element of an array costs that element', async () => {
    await expectRejected(['{"a":tru}', '{"a":01}', '{"a":1.}', '{"a":}', '{"a":1 2}'], 'json_syntax');
  });

  test.each([
    ['a bracket that closes what is not open', '[{"a":1},{"a":2]},{"a":3}]', 15],
    ['no comma between elements', '[{"a":1} {"a":2}]', 9],
    ['text behind a string', '[{"a":1},{"a":"x"y"},{"a":3}]', 17],
    ['something behind the array', '[{"a":1}] {"a":2}', 10],
  ])('B01 an array whose structure is broken fails at the byte: %s', async (_what, text, offset) => {
    await expect(array(text)).rejects.toMatchObject({
      code: 'file_unreadable',
      where: expect.stringMatching(new RegExp(`data\\.json, byte ${offset}$`)) as string,
    });
  });

  test('B02 the last line without a newline is a record; cut off it is rejected as truncated', async () => {
    expect(await lines('{"a":1}\n{"a":2}')).toEqual({ rows: [1n, 2n], rejects: [] });
    for (const cut of ['{', '{"a":', '{"a":"x', '{"a":"\\u00']) {
      expect(await lines(`{"a":1}\n${cut}`)).toEqual({ rows: [1n], rejects: [[2, 'truncated_record']] });
    }
    const cutCharacter = Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from('€').subarray(0, 2)]);
    expect(await lines(cutCharacter)).toEqual({ rows: [1n], rejects: [[2, 'truncated_record']] });
  });

  test('B02 an array or a document that is cut anywhere fails as a whole', async () => {
    const whole = '{"data": [{"a":1}, {"a":2}], "n": 2}';
    const read = (text: string, records?: string) =>
      extractFile('json', 'data.json', text, {
        columns: INTEGER,
        ...(records === undefined ? {} : { records }),
      });
    for (let length = 10; length < whole.length; length += 3) {
      await expect(read(whole.slice(0, length), 'data'), whole.slice(0, length)).rejects.toMatchObject({
        code: 'file_unreadable',
      });
    }
    await expect(read('[{"a":1}, {"a":2}')).rejects.toMatchObject({ code: 'file_unreadable' });
    await expect(read('[{"a":1}, {"a":')).rejects.toMatchObject({ code: 'file_unreadable' });
  });

  test('B03 NaN, Infinity, comments, trailing commas and other quotes are not JSON', async () => {
    const records = [
      '{"a":NaN}',
      '{"a":-Infinity}',
      '{"a":1,}',
      '{"a":1,"b":[1,]}',
      '{"a":1 /* one */}',
      "{'a':1}",
      '{a:1}',
      '{"a":+1}',
      '{"a":.5}',
      '{"a":0x1}',
      '{"a":1,"b":"\t"}',
      '{"a":1,"b":"\\x41"}',
      '{"a":1,"b":True}',
    ];
    await expectRejected(records, 'json_syntax');
  });

  test('B03 a trailing comma in the array of records itself leaves its end in doubt', async () => {
    await expect(array('[{"a":1},]')).rejects.toMatchObject({ code: 'file_unreadable' });
  });

  test('B04 two values on one line are no record', async () => {
    const bad = ['{"a":2}{"a":3}', '{"a":2} {"a":3}', '{"a":2},', '{"a":2}]', '{"a":2}\0'];
    expect(await lines(['{"a":1}', ...bad, '{"a":4}', ''].join('\n'))).toEqual({
      rows: [1n, 4n],
      rejects: bad.map((_, index) => [index + 2, 'json_syntax']),
    });
  });

  test('B05 a scalar or an array is no record', async () => {
    await expectRejected(['1', '"x"', 'null', 'true', '[]', '[{"a":1}]'], 'not_an_object');
  });

  test('B06 a key that stands twice is ambiguous, also when it is escaped or deep inside', async () => {
    const records = [
      '{"a":1,"a":1}',
      '{"a":1,"\\u0061":2}',
      '{"a":1,"b":{"c":[{"d":1,"d":2}]}}',
      '{"a":1,"__proto__":1,"__proto__":2}',
      '{"a":1,"":1,"":2}',
    ];
    await expectRejected(records, 'duplicate_key');
  });
});

describe('numbers', () => {
  const DOUBLE = { a: { type: 'double' } };

  test('B07 a number beyond the range of doubles is never infinite or null', async () => {
    for (const number of ['1e400', '-1e400', '1e999999999']) {
      expect(await lines(`{"a":1}\n{"a":${number}}\n{"a":-1.5}\n`, DOUBLE)).toEqual({
        rows: [1, -1.5],
        rejects: [[2, 'number_out_of_range']],
      });
    }
    expect(await lines('{"a":1e400}\n', TEXT)).toEqual({ rows: ['1e400'], rejects: [] });
  });

  test('B08 integers beyond 2^53 are exact, and beyond 2^63 refused', async () => {
    expect(
      await lines('{"a":9007199254740993}\n{"a":-9223372036854775808}\n{"a":9223372036854775808}\n'),
    ).toEqual({
      rows: [9007199254740993n, -9223372036854775808n],
      rejects: [[3, 'number_out_of_range']],
    });
  });

  test('B08 more digits than a double has are exact in decimals, text and json, and refused as doubles', async () => {
    const huge = '12345678901234567890123456789012345678';
    const text = `{"a":${huge}}\n`;
    expect(await lines(text, { a: { type: 'decimal(38,0)' } })).toEqual({ rows: [huge], rejects: [] });
    expect(await lines(text, TEXT)).toEqual({ rows: [huge], rejects: [] });
    expect(await lines(text, JSON_TYPE)).toEqual({ rows: [huge], rejects: [] });
    expect(await lines(text, DOUBLE)).toEqual({ rows: [], rejects: [[1, 'number_precision_loss']] });
  });

  test('B09 a number too small for a double is refused instead of becoming 0', async () => {
    expect(await lines('{"a":1e-400}\n{"a":0e-400}\n', DOUBLE)).toEqual({
      rows: [0],
      rejects: [[1, 'number_precision_loss']],
    });
  });
});

describe('characters', () => {
  test('B10 an escape that is half of a character is none, in values and in keys', async () => {
    const escapes = ['\\ud800', '\\udc00', '\\ud800\\u0041', '\\ud800x', '\\udc00\\ud800', '\\uD834\\uD834'];
    const records = escapes.flatMap((escape) => [`{"a":"${escape}"}`, `{"a":"x","${escape}":1}`]);
    await expectRejected(records, 'invalid_unicode', TEXT);
  });

  test('B10 both halves of a pair are one character', async () => {
    expect(await lines('{"a":"\\ud83d\\ude00"}\n', TEXT)).toEqual({ rows: ['\u{1F600}'], rejects: [] });
  });

  test('B11 bytes that are not UTF-8 cost their record', async () => {
    const sequences = [
      /* Latin-1 */ [0xe9],
      /* an overlong slash */ [0xc0, 0xaf],
      /* an overlong NUL */ [0xe0, 0x80, 0x80],
      /* a surrogate pair as CESU-8 has it */ [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80],
      /* a lone continuation */ [0x80],
      /* a character without its end */ [0xe2, 0x82],
      /* beyond Unicode */ [0xf4, 0x90, 0x80, 0x80],
      [0xff],
    ];
    const records = sequences.map((bytes) =>
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]),
    );
    await expectRejected(records, 'invalid_utf8', TEXT);
  });

  test('B12 a byte order mark begins a file without being part of it, and is data or an error elsewhere', async () => {
    expect(await lines('\uFEFF{"a":1}\n{"a":2}\n')).toEqual({ rows: [1n, 2n], rejects: [] });
    expect(await array('\uFEFF[{"a":1}]')).toEqual({ rows: [1n], rejects: [] });
    expect(await lines('{"a":"1"}\n\uFEFF{"a":"2"}\n{"a":"\uFEFF3"}\n', TEXT)).toEqual({
      rows: ['1', '\uFEFF3'],
      rejects: [[2, 'json_syntax']],
    });
    expect(await lines('\uFEFF\uFEFF{"a":1}\n{"a":2}\n')).toEqual({
      rows: [2n],
      rejects: [[1, 'json_syntax']],
    });
  });

  test('B14 a NUL that is escaped is a character like others, and a raw one is not JSON', async () => {
    expect(await lines('{"a":"x\\u0000y"}\n', TEXT)).toEqual({ rows: ['x\0y'], rejects: [] });
    await expectRejected(['{"a":"x\0y"}'], 'json_syntax', TEXT);
  });

  test('B19 CRLF, blank lines and U+2028 change neither records nor counts', async () => {
    const { tables, files } = await extractFile(
      'json',
      'data.jsonl',
      '{"a":"1"}\r\n\r\n  \n{"a":"2\u2028\u2029\u0085"}\n\n',
      { columns: TEXT },
    );
    expect(tables['data']).toEqual([{ a: '1' }, { a: '2\u2028\u2029\u0085' }]);
    expect(files['data.jsonl']).toEqual({ seen: 2, accepted: 2, rejected: 0, blank: 3 });
  });

  test('B19 CR alone ends lines too, where there is no other line end', async () => {
    expect(await lines('{"a":1}\r{"a":2}\r{"a":3}\r')).toEqual({ rows: [1n, 2n, 3n], rejects: [] });
  });
});

describe('sizes', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  test('B15 nesting is refused beyond 256, a million deep as well, without building it', async () => {
    expect(await lines(`{"a":${nested(255)}}\n`, JSON_TYPE)).toMatchObject({ rejects: [] });
    for (const depth of [256, 100_000, 1_000_000]) {
      const record = `{"a":${nested(depth)}}`;
      expect(await lines(`{"a":"1"}\n${record}\n{"a":"3"}\n`, JSON_TYPE)).toEqual({
        rows: ['"1"', '"3"'],
        rejects: [[2, 'depth_exceeded']],
      });
      expect(await array(`[{"a":"1"},${record},{"a":"3"}]`, JSON_TYPE)).toEqual({
        rows: ['"1"', '"3"'],
        rejects: [[2, 'depth_exceeded']],
      });
    }
  });

  test('B15 a file of a million brackets that open is refused, and the process lives', async () => {
    await expect(array('['.repeat(1_000_000))).rejects.toMatchObject({ code: 'file_unreadable' });
    expect(await lines(`{"a":1}\n${'{"a":'.repeat(200_000)}\n`)).toMatchObject({ rows: [1n] });
  });

  test('B17 an object of 300 000 keys, with names that objects have of themselves, is a record', async () => {
    const keys = Array.from({ length: 300_000 }, (_, index) => `"k${index}":${index}`);
    const special = ['"__proto__":{"polluted":true}', '"constructor":1', '"toString":2', '"":3'];
    const text = `{"a":7,${[...special, ...keys].join(',')}}\n`;
    const columns = {
      a: { type: 'integer' },
      last: { type: 'integer', from: 'k299999' },
      made: { type: 'integer', from: 'constructor' },
      proto: { type: 'json', from: '__proto__' },
      empty: { type: 'integer', from: '[""]' },
      absent: { type: 'text', from: 'hasOwnProperty' },
    };
    const { tables } = await extractFile('json', 'data.jsonl', text, { columns });
    expect(tables['data']).toEqual([
      { a: 7n, last: 299_999n, made: 1n, proto: '{"polluted":true}', empty: 3n, absent: null },
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('members of an object as records', () => {
  const users =
    '{"n": 4, "users": {\n"u1": {"a": 1, "items": [{"b": 5}, {"b": 6}]},\n "u\\u0032": {"a": "x"},\n "u\\x": {},\n "u1": {"a": 2}\n}}';

  test('become rows with their keys, and rejects are placed at the key and hold it', async () => {
    const tables = {
      users: { columns: { id: { type: 'text', from: '$key' }, ...INTEGER } },
      items: {
        each: 'items',
        columns: { user: { type: 'text', from: '^$key' }, b: { type: 'integer' } },
      },
    };
    const extracted = await extractContent({
      sources: { data: { type: 'json', path: 'data.json', records: 'users.*', tables } },
      files: { 'data.json': users },
    });
    expect(extracted.tables).toEqual({
      users: [
        { id: 'u1', a: 1n },
        { id: 'u1', a: 2n },
      ],
      items: [
        { user: 'u1', b: 5n },
        { user: 'u1', b: 6n },
      ],
    });
    expect(extracted.files['data.json']).toEqual({ seen: 4, accepted: 2, rejected: 2, blank: 0 });
    const bytes = Buffer.from(users);
    expect(extracted.rejects).toMatchObject(
      [
        ['"u\\u0032": {"a": "x"}', 'type_mismatch'],
        ['"u\\x": {}', 'json_syntax'],
      ].map(([raw, reason], index) => ({
        recordNumber: index + 2,
        line: index + 3,
        byteOffset: bytes.indexOf(raw as string),
        byteLength: raw?.length,
        reason,
        raw: new Uint8Array(Buffer.from(raw as string)),
      })),
    );
  });

  test('have their key among columns that are inferred, under a name that is free', async () => {
    const text = '{"u1": {"Key": 1, "n": null}, "u2": {"Key": 2, "n": 5}}';
    const { tables } = await extractFile('json', 'data.json', text, { records: '*' });
    expect(tables['data']).toEqual([
      { key_2: 'u1', Key: 1n, n: null },
      { key_2: 'u2', Key: 2n, n: 5n },
    ]);
  });

  test('are read by several tasks when the object is large', async () => {
    const filler = 'x'.repeat(1000);
    const ids = Array.from({ length: 40_000 }, (_, index) => index);
    const text = `{${ids.map((id) => `"${id}":{"a":${id},"f":"${filler}"}`).join(',\n')}}`;
    const columns = { id: { type: 'text', from: '$key' }, ...INTEGER };
    const { tables, plan } = await extractFile('json', 'data.json', text, { records: '*', columns });
    expect(plan.tasks.filter(({ kind }) => kind === 'extract').length).toBeGreaterThan(1);
    expect(tables['data']).toHaveLength(ids.length);
    expect(tables['data']?.every(({ id, a }, index) => id === String(index) && a === BigInt(index))).toBe(
      true,
    );
  });
});
