import { parseColumnType } from '@millrace/shared/core/column-type';
import type { Column } from '@millrace/shared/core/pipeline';
import type { StagedTable } from '@millrace/shared/core/plan';
import { parseValuePath } from '@millrace/shared/core/value-path';
import { describe, expect, it } from 'vitest';

import { parseJson } from '../json/parse-json.ts';
import { ExactNumber, type SourceValue } from '../source-value.ts';
import type { Dialect } from './dialect.ts';
import { MAX_FAULTS } from './fault-list.ts';
import { compileJudge } from './judge.ts';

type Options = Partial<Pick<Column, 'required' | 'strict' | 'format'>>;

function column(name: string, type: string, from = name, options: Options = {}): Column {
  const defaults = { required: false, strict: false, format: null };
  return { name, type: parseColumnType(type), path: parseValuePath(from), ...defaults, ...options };
}

function table(name: string, columns: readonly Column[], each: StagedTable['each'] = null): StagedTable {
  return { name, source: 's', key: [], each, columns, inferred: false, query: null, relation: name };
}

/** What becomes of one value: its cell, or the reason why it is refused. */
function fate(type: string, value: SourceValue, dialect: Dialect, options: Options = {}): unknown {
  const judged = compileJudge([table('t', [column('v', type, 'v', options)])], dialect).judge({ v: value });
  return judged.ok ? judged.rows[0]?.[0]?.[0] : judged.reason;
}

function fromJson(text: string): SourceValue {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

/** Columns: type, JSON text, what becomes of it. */
const JSON_FATES: readonly (readonly [type: string, text: string, fate: unknown])[] = [
  ['text', '"x"', 'x'],
  ['text', '""', ''],
  ['text', '300', '300'],
  ['text', '1.50', '1.50'],
  ['text', '1e3', '1e3'],
  ['text', '12345678901234567890', '12345678901234567890'],
  ['text', '-0', '-0'],
  ['text', 'true', 'type_mismatch'],
  ['text', '{}', 'type_mismatch'],
  ['text', '["x"]', 'type_mismatch'],
  ['text', 'null', null],
  ['integer', '5', 5n],
  ['integer', '-0', 0n],
  ['integer', '5.0', 5n],
  ['integer', '1e3', 1000n],
  ['integer', '1.5e1', 15n],
  ['integer', '9007199254740993', 9007199254740993n],
  ['integer', '9223372036854775807', 9223372036854775807n],
  ['integer', '-9223372036854775808', -9223372036854775808n],
  ['integer', '9223372036854775808', 'number_out_of_range'],
  ['integer', '-9223372036854775809', 'number_out_of_range'],
  ['integer', '1e19', 'number_out_of_range'],
  ['integer', '1e400', 'number_out_of_range'],
  ['integer', '1e999999999999', 'number_out_of_range'],
  ['integer', '0e999999999999', 0n],
  ['integer', '2.5', 'type_mismatch'],
  ['integer', '1e-400', 'type_mismatch'],
  ['integer', '9007199254740993.5', 'type_mismatch'],
  ['integer', '"5"', 'type_mismatch'],
  ['integer', 'true', 'type_mismatch'],
  ['double', '0.1', 0.1],
  ['double', '5', 5],
  ['double', '-0.0', -0],
  ['double', '1e-5', 0.00001],
  ['double', '0.1234567890123456789', Number('0.1234567890123456789')],
  ['double', '1.7976931348623157e308', Number.MAX_VALUE],
  ['double', '9007199254740992', 9007199254740992],
  ['double', '9007199254740993', 'number_precision_loss'],
  ['double', '10000000000000000000000', 1e22],
  ['double', '18446744073709551615', 'number_precision_loss'],
  ['double', '1e400', 'number_out_of_range'],
  ['double', '-1e400', 'number_out_of_range'],
  ['double', '1e-400', 'number_precision_loss'],
  ['double', '0e-400', 0],
  ['double', '"0.1"', 'type_mismatch'],
  ['decimal(18,2)', '12.5', 1250n],
  ['decimal(18,2)', '12.50', 1250n],
  ['decimal(18,2)', '-0.01', -1n],
  ['decimal(18,2)', '1.005', 'number_precision_loss'],
  ['decimal(18,2)', '1.0050', 'number_precision_loss'],
  ['decimal(18,2)', '8.41', 841n],
  ['decimal(18,2)', '1e2', 10000n],
  ['decimal(18,2)', '9999999999999999.99', 999999999999999999n],
  ['decimal(18,2)', '10000000000000000', 'number_out_of_range'],
  ['decimal(18,2)', '10000000000000000.001', 'number_out_of_range'],
  ['decimal(18,2)', '1e400', 'number_out_of_range'],
  ['decimal(18,2)', '1e-400', 'number_precision_loss'],
  ['decimal(4,2)', '99.99', 9999n],
  ['decimal(4,2)', '100', 'number_out_of_range'],
  ['decimal(4,2)', '-100', 'number_out_of_range'],
  ['decimal(38,0)', '12345678901234567890123456789012345678', 12345678901234567890123456789012345678n],
  ['decimal(38,38)', '0.00000000000000000000000000000000000001', 1n],
  ['decimal(38,20)', '0.5', 5n * 10n ** 19n],
  ['decimal(18,2)', '"12.50"', 'type_mismatch'],
  ['boolean', 'true', true],
  ['boolean', 'false', false],
  ['boolean', '1', 'type_mismatch'],
  ['boolean', '"true"', 'type_mismatch'],
  ['date', '"2024-02-29"', 19782],
  ['date', '"1969-12-31"', -1],
  ['date', '"2024-02-29T00:00:00Z"', 19782],
  ['date', '"2024-02-29 00:00"', 19782],
  ['date', '"2024-02-29T00:00:01Z"', 'type_mismatch'],
  ['date', '"2024-02-29T00:00:00+02:00"', 'type_mismatch'],
  ['date', '"2023-02-29"', 'type_mismatch'],
  ['date', '19782', 'type_mismatch'],
  ['timestamp', '"2024-02-29T12:34:56.789Z"', 1709210096789000n],
  ['timestamp', '"2024-02-29"', 1709164800000000n],
  ['timestamp', '"yesterday"', 'type_mismatch'],
  ['timestamp', '1709210096', 'type_mismatch'],
  ['json', '{"b" : 1.50, "a":["é\\u0000", null, true, {}]}', '{"b":1.50,"a":["é\\u0000",null,true,{}]}'],
  ['json', '12345678901234567890', '12345678901234567890'],
  ['json', '{"b":1,"2":{"z":0,"10":1,"9":2},"1":3}', '{"b":1,"2":{"z":0,"10":1,"9":2},"1":3}'],
  ['json', '"x"', '"x"'],
  ['json', '[-0, 1e400]', '[-0,1e400]'],
  ['json', 'null', null],
];

const bytes = new Uint8Array([1, 2]);

const OTHER_FATES: readonly (readonly [dialect: Dialect, type: string, value: SourceValue, fate: unknown])[] =
  [
    ['csv', 'text', ' a ', ' a '],
    ['csv', 'text', '', ''],
    ['csv', 'text', null, null],
    ['csv', 'integer', ' 42\t', 42n],
    ['csv', 'integer', '+007', 7n],
    ['csv', 'integer', '-9223372036854775808', -9223372036854775808n],
    ['csv', 'integer', '9223372036854775808', 'number_out_of_range'],
    ['csv', 'integer', '1.0', 1n],
    ['csv', 'integer', '1,000', 'type_mismatch'],
    ['csv', 'integer', '', 'type_mismatch'],
    ['csv', 'integer', ' ', 'type_mismatch'],
    ['csv', 'integer', '0x10', 'type_mismatch'],
    ['csv', 'integer', '١', 'type_mismatch'],
    ['csv', 'integer', '\u00a05', 'type_mismatch'],
    ['csv', 'double', '.5', 0.5],
    ['csv', 'double', '5.', 5],
    ['csv', 'double', '-1.5E-3', -0.0015],
    ['csv', 'double', '9007199254740993', 'number_precision_loss'],
    ['csv', 'double', '1e999', 'number_out_of_range'],
    ['csv', 'double', 'NaN', 'type_mismatch'],
    ['csv', 'double', 'Infinity', 'type_mismatch'],
    ['csv', 'double', '.', 'type_mismatch'],
    ['csv', 'double', '1e', 'type_mismatch'],
    ['csv', 'decimal(6,2)', '1234.5', 123450n],
    ['csv', 'decimal(6,2)', '1234.567', 'number_precision_loss'],
    ['csv', 'decimal(6,2)', '12345.6', 'number_out_of_range'],
    ['csv', 'decimal(6,2)', '$5', 'type_mismatch'],
    ['csv', 'boolean', 'TRUE', true],
    ['csv', 'boolean', ' no ', false],
    ['csv', 'boolean', 'f', false],
    ['csv', 'boolean', '1', true],
    ['csv', 'boolean', 'on', 'type_mismatch'],
    ['csv', 'date', ' 2024-02-29 ', 19782],
    ['csv', 'timestamp', '2024-02-29 12:34', 1709210040000000n],
    ['csv', 'json', '{"a": 1}', '{"a":1}'],
    ['csv', 'json', '{a: 1}', 'json_syntax'],
    ['csv', 'json', '{"a":1,"a":1}', 'duplicate_key'],
    ['sqlite', 'text', 'x', 'x'],
    ['sqlite', 'text', 5n, '5'],
    ['sqlite', 'text', 5, '5.0'],
    ['sqlite', 'text', 0.99, '0.99'],
    ['sqlite', 'text', bytes, 'type_mismatch'],
    ['sqlite', 'integer', 5n, 5n],
    ['sqlite', 'integer', 5, 5n],
    ['sqlite', 'integer', 5.5, 'type_mismatch'],
    ['sqlite', 'integer', 1e19, 'number_out_of_range'],
    ['sqlite', 'integer', '5', 'type_mismatch'],
    ['sqlite', 'integer', Number.NaN, 'number_out_of_range'],
    ['sqlite', 'double', 5n, 5],
    ['sqlite', 'double', 9007199254740993n, 'number_precision_loss'],
    ['sqlite', 'double', Number.POSITIVE_INFINITY, 'number_out_of_range'],
    ['sqlite', 'double', '0.5', 'type_mismatch'],
    ['sqlite', 'decimal(10,2)', 7n, 700n],
    ['sqlite', 'decimal(10,2)', 0.99, 99n],
    ['sqlite', 'decimal(10,2)', 1.1 + 2.2, 'number_precision_loss'],
    ['sqlite', 'decimal(10,2)', 1.9800000000000002, 'number_precision_loss'],
    ['sqlite', 'decimal(10,2)', 1e21, 'number_out_of_range'],
    ['sqlite', 'decimal(10,2)', Number.NEGATIVE_INFINITY, 'number_out_of_range'],
    ['sqlite', 'decimal(10,2)', '12.50', 1250n],
    ['sqlite', 'decimal(10,2)', 'twelve', 'type_mismatch'],
    ['sqlite', 'decimal(10,2)', bytes, 'type_mismatch'],
    ['sqlite', 'boolean', 1n, true],
    ['sqlite', 'boolean', 0n, false],
    ['sqlite', 'boolean', 2n, 'type_mismatch'],
    ['sqlite', 'boolean', 'true', 'type_mismatch'],
    ['sqlite', 'date', '2021-01-01', 18628],
    ['sqlite', 'timestamp', '2021-01-01 00:00:00', 1609459200000000n],
    ['sqlite', 'timestamp', 2459215.5, 'type_mismatch'],
    ['sqlite', 'json', '[1, 2]', '[1,2]'],
    ['sqlite', 'json', 5n, '5'],
    ['sqlite', 'json', bytes, 'type_mismatch'],
    ['parquet', 'text', 'x', 'x'],
    ['parquet', 'text', 5n, '5'],
    ['parquet', 'integer', 5n, 5n],
    ['parquet', 'integer', 2n ** 63n, 'number_out_of_range'],
    ['parquet', 'integer', 5.5, 'type_mismatch'],
    ['parquet', 'double', Number.NaN, 'number_out_of_range'],
    ['parquet', 'decimal(10,2)', new ExactNumber('12.50'), 1250n],
    ['parquet', 'decimal(10,2)', new ExactNumber('12.505'), 'number_precision_loss'],
    ['parquet', 'boolean', true, true],
    ['parquet', 'date', '2021-01-01', 18628],
    ['parquet', 'timestamp', '2021-01-01 00:00:00.000001', 1609459200000001n],
    ['parquet', 'json', { a: [1n, new ExactNumber('1.0')] }, '{"a":[1,1.0]}'],
    ['parquet', 'json', [Number.NaN], 'type_mismatch'],
    ['parquet', 'text', bytes, 'type_mismatch'],
  ];

const FORMAT_FATES: readonly (readonly [Dialect, string, format: string, SourceValue, fate: unknown])[] = [
  ['json', 'timestamp', 'epoch_s', 1517966773, 1517966773000000n],
  ['json', 'timestamp', 'epoch_s', 1517966773.84, 1517966773840000n],
  ['json', 'timestamp', 'epoch_s', new ExactNumber('1.5179667738400001e9'), 'number_precision_loss'],
  ['json', 'timestamp', 'epoch_ms', 1517966773840, 1517966773840000n],
  ['json', 'timestamp', 'epoch_ms', -1, -1000n],
  ['json', 'timestamp', 'epoch_ms', 0.0005, 'number_precision_loss'],
  ['json', 'timestamp', 'epoch_s', 253402300799, 253402300799000000n],
  ['json', 'timestamp', 'epoch_s', 253402300800, 'number_out_of_range'],
  ['json', 'timestamp', 'epoch_s', -62135596801, 'number_out_of_range'],
  ['json', 'timestamp', 'epoch_s', new ExactNumber('1e400'), 'number_out_of_range'],
  ['json', 'timestamp', 'epoch_s', '1517966773', 'type_mismatch'],
  ['csv', 'timestamp', 'epoch_s', ' 1517966773.5', 1517966773500000n],
  ['sqlite', 'timestamp', 'epoch_ms', 1517966773840n, 1517966773840000n],
  ['json', 'date', 'epoch_s', 86400, 1],
  ['json', 'date', 'epoch_s', -86400, -1],
  ['json', 'date', 'epoch_s', 86401, 'type_mismatch'],
  ['json', 'date', '%b %d %Y', 'Jun 12 1998', 10389],
  ['json', 'date', '%b %d %Y', 'Jun 31 1998', 'type_mismatch'],
  ['json', 'date', '%d/%m/%Y %H:%M', '12/06/1998 00:00', 10389],
  ['json', 'date', '%d/%m/%Y %H:%M', '12/06/1998 00:01', 'type_mismatch'],
  ['csv', 'timestamp', '%d/%m/%Y %H:%M', ' 12/06/1998 10:30', 897647400000000n],
  ['json', 'timestamp', 'iso', '1998-06-12', 897609600000000n],
];

describe('the fate of a value', () => {
  it.each(JSON_FATES)('in JSON, as %s: %s', (type, text, expected) => {
    expect(fate(type, fromJson(text), 'json')).toBe(expected);
  });

  it.each(OTHER_FATES)('in %s, as %s: %o', (dialect, type, value, expected) => {
    expect(fate(type, value, dialect)).toBe(expected);
  });

  it.each(FORMAT_FATES)('in %s, as %s in the format %s: %o', (dialect, type, format, value, expected) => {
    expect(fate(type, value, dialect, { format })).toBe(expected);
  });

  it('as strict text: no numbers', () => {
    expect(fate('text', 300, 'json', { strict: true })).toBe('type_mismatch');
    expect(fate('text', new ExactNumber('1.0'), 'json', { strict: true })).toBe('type_mismatch');
    expect(fate('text', 5n, 'sqlite', { strict: true })).toBe('type_mismatch');
    expect(fate('text', '5', 'json', { strict: true })).toBe('5');
  });

  it('where a value is required', () => {
    expect(fate('text', null, 'json', { required: true })).toBe('null_violation');
    expect(
      compileJudge([table('t', [column('v', 'text', 'v', { required: true })])], 'json').judge({}),
    ).toEqual({
      ok: false,
      breach: null,
      reason: 'missing_field',
      table: 't',
      message: 't.v is missing; expected a value, because the column is required.',
      faults: [
        {
          table: 't',
          column: 'v',
          reason: 'missing_field',
          value: null,
          expected: 'a value, because the column is required',
        },
      ],
    });
  });

  it('is settled before any data if the time format is wrong', () => {
    for (const format of ['%Q', 'yyyy-mm-dd', '%H:%M', '%Y-%m', '%d %b', '%Y-%m-%d %I:%M', '%Y-%m-%d %']) {
      expect(
        () => compileJudge([table('t', [column('v', 'timestamp', 'v', { format })])], 'json'),
        format,
      ).toThrow(
        expect.objectContaining({
          code: 'pipeline_invalid',
          message: expect.stringContaining(`'${format}'`) as string,
        }),
      );
    }
  });
});

describe('a record', () => {
  const orders = table('orders', [
    column('order_id', 'text', 'order_id', { required: true }),
    column('customer_id', 'integer'),
    column('channel', 'text', 'channel.name'),
    column('first_tag', 'text', 'tags[0]'),
    column('odd', 'text', '["a.b"]'),
  ]);
  const items = table(
    'order_items',
    [
      column('order_id', 'text', '^order_id', { required: true }),
      column('line', 'integer', '$index'),
      column('quantity', 'integer', 'quantity', { required: true }),
    ],
    ['cart', 'items'],
  );
  const judge = compileJudge([orders, items], 'json');

  it('becomes rows in all tables', () => {
    const record = fromJson(
      '{"order_id":"o1","customer_id":7,"channel":{"name":"web"},"tags":["a","b"],"a.b":"x","cart":{"items":[{"quantity":2},{"quantity":1}]}}',
    );
    expect(judge.tables).toEqual(['orders', 'order_items']);
    expect(judge.judge(record)).toEqual({
      ok: true,
      drift: null,
      rows: [
        [['o1', 7n, 'web', 'a', 'x']],
        [
          ['o1', 0n, 2n],
          ['o1', 1n, 1n],
        ],
      ],
    });
  });

  it.each([
    '{"order_id":"o1"}',
    '{"order_id":"o1","cart":null,"channel":null,"tags":[]}',
    '{"order_id":"o1","cart":{"items":null}}',
    '{"order_id":"o1","cart":{"items":[]},"channel":{}}',
  ])('has no child rows and nulls where %s has nothing', (text) => {
    expect(judge.judge(fromJson(text))).toEqual({
      ok: true,
      rows: [[['o1', null, null, null, null]], []],
      drift: null,
    });
  });

  it('has its key in its own rows and in those of its elements', () => {
    const tables = [
      table('users', [column('id', 'text', '$key'), column('name', 'text')]),
      table('mails', [column('user', 'text', '^$key'), column('to', 'text')], ['mails']),
    ];
    const record = fromJson('{"name":"A","$key":"x","mails":[{"to":"b"},{"to":"c"}]}');
    expect(compileJudge(tables, 'json').judge(record, 'u1')).toEqual({
      ok: true,
      drift: null,
      rows: [
        [['u1', 'A']],
        [
          ['u1', 'b'],
          ['u1', 'c'],
        ],
      ],
    });
  });

  it('is refused as a whole, with every fault, for one bad element', () => {
    const record = fromJson(
      '{"order_id":null,"customer_id":"x","channel":"web","tags":{"0":"a"},"cart":{"items":[{"quantity":1},{"quantity":2.5},{},7]}}',
    );
    expect(judge.judge(record)).toEqual({
      ok: false,
      breach: null,
      reason: 'null_violation',
      table: 'orders',
      message:
        'orders.order_id is null; expected a value, because the column is required. 9 more fields do not fit.',
      faults: [
        ['orders', 'order_id', 'null_violation', 'null', 'a value, because the column is required'],
        ['orders', 'customer_id', 'type_mismatch', '"x"', 'a 64-bit integer, not in quotes'],
        ['orders', 'channel', 'type_mismatch', '"web"', 'an object at channel'],
        ['orders', 'first_tag', 'type_mismatch', '{"0":"a"}', 'an array at tags'],
        ['order_items', 'order_id', 'null_violation', 'null', 'a value, because the column is required'],
        ['order_items', 'order_id', 'null_violation', 'null', 'a value, because the column is required'],
        ['order_items', 'quantity', 'type_mismatch', '2.5', 'a 64-bit integer, not in quotes'],
        ['order_items', 'order_id', 'null_violation', 'null', 'a value, because the column is required'],
        ['order_items', 'quantity', 'missing_field', null, 'a value, because the column is required'],
        ['order_items', 'cart.items[3]', 'not_an_object', '7', 'an object in every element of the array'],
      ].map(([of, name, reason, value, expected]) => ({ table: of, column: name, reason, value, expected })),
    });
  });

  it('names the element in its message', () => {
    const record = fromJson('{"order_id":"o1","cart":{"items":[{"quantity":1},{"quantity":"2"}]}}');
    expect(judge.judge(record)).toMatchObject({
      table: 'order_items',
      message: 'order_items[1].quantity is "2"; expected a 64-bit integer, not in quotes.',
    });
  });

  it('is refused when there is no array where its children should be', () => {
    expect(judge.judge(fromJson('{"order_id":"o1","cart":{"items":{"quantity":1}}}'))).toMatchObject({
      faults: [
        {
          table: 'order_items',
          column: 'cart.items',
          reason: 'type_mismatch',
          value: '{"quantity":1}',
          expected: 'an array',
        },
      ],
    });
    expect(judge.judge(fromJson('{"order_id":"o1","cart":[]}'))).toMatchObject({
      faults: [{ column: 'cart.items', value: '[]', expected: 'an object at cart' }],
    });
  });

  it.each(['7', '"x"', '[]', 'null', 'true', '1e400'])('is refused when it is no object: %s', (text) => {
    expect(judge.judge(fromJson(text))).toEqual({
      ok: false,
      breach: null,
      reason: 'not_an_object',
      table: null,
      message: `The record is ${text}; expected an object.`,
      faults: [],
    });
  });

  it('has no fields that it does not have itself', () => {
    const inherited = compileJudge(
      [table('t', [column('a', 'text', 'constructor'), column('b', 'text', '__proto__')])],
      'json',
    );
    expect(inherited.judge(fromJson('{}'))).toEqual({ ok: true, rows: [[[null, null]]], drift: null });
    expect(inherited.judge(fromJson('{"__proto__":"x","constructor":"y"}'))).toEqual({
      ok: true,
      drift: null,
      rows: [[['y', 'x']]],
    });
  });

  it('with a million bad elements is described within bounds', () => {
    const elements = Array.from({ length: 100_000 }, () => 'x'.repeat(1000));
    const judged = judge.judge({ order_id: 'o1', cart: { items: elements } });
    expect(judged).toMatchObject({
      message: expect.stringContaining('99999 more fields do not fit.') as string,
    });
    expect(judged.ok ? [] : judged.faults).toHaveLength(MAX_FAULTS);
  });
});
