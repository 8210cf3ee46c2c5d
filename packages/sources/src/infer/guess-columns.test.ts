import { formatColumnType } from '@millrace/shared/core/column-type';
import { describe, expect, it } from 'vitest';

import { ExactNumber, type SourceValue } from '../source-value.ts';
import { findRecordArrays } from './find-record-arrays.ts';
import { guessColumns, guessSqliteColumns } from './guess-columns.ts';
import { guessHeader, guessNulls } from './guess-csv.ts';
import { findIdentifier, guessKey } from './guess-key.ts';

type Dialect = 'json' | 'csv';

function guess(name: string, values: SourceValue[], dialect: Dialect = 'json') {
  const [found] = guessColumns(
    values.map((value) => ({ [name]: value })),
    dialect,
  );
  if (found === undefined) throw new Error('No column was found.');
  const { type, format } = found.column;
  const shown = format === null || format === 'iso' ? '' : ` ${format}`;
  return { type: formatColumnType(type) + shown, note: found.note };
}

describe('guessColumns', () => {
  it.each<[string, SourceValue[], string, Dialect?]>([
    ['unitPrice', [new ExactNumber('12.50'), 3], 'decimal(18,2)'],
    ['Total', [1.125], 'decimal(18,3)'],
    ['production budget', [8_000_000, null], 'decimal(18,2)'],
    ['total', [3, 4], 'integer'],
    ['total_items', [1.5], 'double'],
    ['amount_cents', [1250], 'integer'],
    ['price', [0.123456], 'double'],
    ['prices', ['9.99'], 'decimal(18,2)', 'csv'],
    ['created_at', [1_700_000_000], 'timestamp epoch_s'],
    ['updated', [1_700_000_000_123], 'timestamp epoch_ms'],
    ['ts', [1_700_000_000.25], 'timestamp epoch_s'],
    ['running time', [104, 98], 'integer'],
    ['population', [1_700_000_000], 'integer'],
    ['day', ['Jun 12 1998', 'Aug 07 1998'], 'date %b %d %Y'],
    ['day', ['31.01.2024', '01.02.2024'], 'date %d.%m.%Y', 'csv'],
    ['day', ['1/31/2024', '2/1/2024'], 'date %m/%d/%Y', 'csv'],
    ['day', ['03/04/2024', '01/02/2024'], 'text', 'csv'],
    ['day', ['31.01.24'], 'text', 'csv'],
    ['order_date', ['20240131'], 'date %Y%m%d', 'csv'],
    ['at', ['2019-01-31 10:00:00'], 'timestamp'],
    ['at', ['10/Oct/2023:13:55:36 -0700'], 'timestamp %d/%b/%Y:%H:%M:%S %z', 'csv'],
    ['at', ['2024-01-02 10:15:09 -0500'], 'timestamp %Y-%m-%d %H:%M:%S %z', 'csv'],
    ['zip', ['94103'], 'text', 'csv'],
    ['n', ['10.0', '12.0'], 'double', 'csv'],
    ['contact', ['+14155550100'], 'text', 'csv'],
    ['country', ['NO', 'no'], 'text', 'csv'],
    ['active', ['yes', 'no'], 'boolean', 'csv'],
    ['id', [new ExactNumber('12345678901234567890')], 'text'],
    ['title', ['x', 300], 'text'],
  ])('%s with %j is %s', (name, values, type, dialect = 'json') => {
    expect(guess(name, values, dialect).type).toBe(type);
  });

  it.each<[string, SourceValue[], RegExp, Dialect?]>([
    ['title', ['x', 'y', 300], /^1 of 3 are numbers, of which text keeps the digits$/],
    ['age', ['1', '2', 'old'], /^1 of 3 are not integers, such as "old"$/, 'csv'],
    ['price', ['1.234,50', '3,00'], /^numbers with a decimal comma/, 'csv'],
    ['price', ['$1,234.50'], /^numbers with a currency sign/, 'csv'],
    ['price', ['12.50'], /^numbers in quotes/],
    ['code', ['007', '010'], /leading zeros/, 'csv'],
    ['day', ['03/04/2024'], /can be read as %d\/%m\/%Y and as %m\/%d\/%Y/, 'csv'],
    ['tags', [['a'], []], /^arrays, as JSON text$/],
    ['gone', [null, null], /^no value in any sampled record$/],
  ])('says of %s with %j why', (name, values, note, dialect = 'json') => {
    expect(guess(name, values, dialect).note).toMatch(note);
  });

  it('keeps a type that all but one in ten thousand values have, and says who will be rejected', () => {
    const prices = Array.from({ length: 20_000 }, (_, cents) => cents / 100);
    expect(guess('price', [...prices, 'free'])).toEqual({
      type: 'decimal(18,2)',
      note: 'money by its name; no value has more than 2 decimals; 1 of 20001 are something else, such as "free": they will be rejected',
    });
    expect(guess('price', [...prices.slice(0, 3200), 'free']).type).toBe('text');
  });

  it('leaves names to appended tables that are theirs', () => {
    const columns = guessColumns([{ _run_id: 1, __proto: 2 }], 'json').map(({ column }) => column.name);
    expect(columns).toEqual(['_run_id_2', '__proto']);
  });
});

describe('guessSqliteColumns', () => {
  it('trusts what is declared as far as the rows bear it out', () => {
    const stored = [
      { name: 'n', declaredType: 'INTEGER' },
      { name: 'price', declaredType: 'REAL' },
      { name: 'cost', declaredType: 'INTEGER' },
      { name: 'made_at', declaredType: 'INTEGER' },
      { name: 'day', declaredType: 'TEXT' },
      { name: 'b', declaredType: 'BLOB' },
    ];
    const rows = [
      { n: 'two', price: 1.5, cost: 150n, made_at: 1_700_000_000n, day: '2024-01-31', b: null },
      { n: 1n, price: 2, cost: 200n, made_at: 1_700_000_001n, day: '2024-02-29', b: new Uint8Array(1) },
    ];
    const { columns, leftOut } = guessSqliteColumns(stored, rows);
    expect(columns.map(({ column }) => formatColumnType(column.type))).toEqual([
      'text',
      'decimal(18,2)',
      'integer',
      'timestamp',
      'date',
    ]);
    expect(leftOut).toEqual(['b']);
  });
});

describe('guessKey', () => {
  const keyOf = (subject: string, samples: SourceValue[]) =>
    guessKey(
      subject,
      guessColumns(samples, 'json').map(({ column }) => column),
      samples,
    );

  it.each<[string, SourceValue[], string[]]>([
    [
      'orders',
      [
        { customer_id: 1, order_id: 7 },
        { customer_id: 2, order_id: 8 },
      ],
      ['order_id'],
    ],
    [
      'people',
      [
        { user_id: 1, id: 7 },
        { user_id: 2, id: 8 },
      ],
      ['id'],
    ],
    ['orders', [{ id: 1 }, { id: 1 }], []],
    ['orders', [{ id: 1 }, { id: null }], []],
    ['orders', [{ id: 1 }], []],
    ['orders', [{ id: 1 }, null, { id: 2 }], ['id']],
    ['names', [{ name: 'a' }, { name: 'b' }], []],
    [
      'links',
      [
        { a_id: 1, b_id: 1 },
        { a_id: 1, b_id: 2 },
        { a_id: 2, b_id: 1 },
      ],
      ['a_id', 'b_id'],
    ],
  ])('of %s with %j is %j', (subject, samples, key) => {
    expect(keyOf(subject, samples)).toEqual(key);
  });

  it('is not needed to name the record of a child: repeated values are few, and an id is preferred', () => {
    const samples = [
      { name: 'x', group: 1, user_id: 5 },
      { name: 'y', group: 1, user_id: 6 },
    ];
    const columns = guessColumns(samples, 'json').map(({ column }) => column);
    expect(findIdentifier(columns, samples)?.name).toBe('user_id');
    expect(findIdentifier(columns, [{ name: 'x', group: 1, user_id: null }])?.name).toBe('name');
  });
});

describe('guessing about CSV', () => {
  it.each<[boolean, string[], SourceValue[]]>([
    [true, ['name', 'n'], [{ name: 'a', n: '1' }]],
    [false, ['a', '1'], [{ a: 'b', 1: '2' }]],
    [true, ['country', '2022', '2023'], [{ country: 'A', 2022: '1', 2023: '2' }]],
    [true, ['a', 'b'], [{ a: 'x', b: 'y' }]],
    [true, ['a', '1'], []],
  ])('the header is one: %s, for %j', (isHeader, header, samples) => {
    expect(guessHeader(header, samples)).toBe(isHeader);
  });

  it('takes a word for null where it spoils a column of numbers, unless it means something elsewhere', () => {
    expect(
      guessNulls([
        { a: '1', b: 'x' },
        { a: 'na', b: 'na' },
      ]),
    ).toEqual(['na']);
    expect(
      guessNulls([
        { a: '1', b: 'NA' },
        { a: 'NA', b: 'ZA' },
      ]),
    ).toEqual([]);
    expect(guessNulls([{ a: 'x' }, { a: 'na' }])).toEqual([]);
  });
});

describe('findRecordArrays', () => {
  const arraysIn = (text: string) => {
    const finder = findRecordArrays();
    for (const byte of Buffer.from(text)) finder.push(Uint8Array.of(byte));
    return finder.arrays;
  };

  it.each<[string, string[][]]>([
    ['{"a":[{"x":[{}]}],"b":{"c":[ {} ]},"d":[1,{}],"e":[]}', [['a'], ['b', 'c']]],
    [String.raw`{"\"[{":[{"k":"]}"}],"z":"[{"}`, [['"[{']]],
    ['[{"a":[{}]}]', []],
    ['{"a":{"b":{"c":{"d":{"e":[{}]}}}},"f":[{}]}', [['f']]],
    ['{"a":[', []],
  ])('in %s', (text, arrays) => {
    expect(arraysIn(text)).toEqual(arrays);
  });
});
