import { expect, test } from 'vitest';

import { csvLines, renderFirstColumns, renderQueryResult } from './query-result.ts';
import { createStyle } from './style.ts';

const options = { width: 80, style: createStyle(false) };
const columns = [
  { name: 'city', type: 'TEXT' },
  { name: 'orders', type: 'INTEGER' },
];

test('numbers stand right, and null is empty', () => {
  const rows = [
    ['Łódź', 1200],
    ['東京', null],
  ];
  expect(renderQueryResult({ columns, rows }, options)).toEqual(['city  orders', 'Łódź    1200', '東京']);
});

test.each([
  ['DECIMAL(18,2)', 30883.1, '30883.10'],
  ['DECIMAL(18,2)', 208, '208.00'],
  ['DECIMAL(18,2)', -0.5, '-0.50'],
  ['DECIMAL(20,2)', 9007199254740993n, '9007199254740993.00'],
  ['DECIMAL(18,2)', 1.234, '1.234'],
  ['DECIMAL(38,2)', 1e25, '1e+25'],
  ['DECIMAL(10,0)', 7, '7'],
  ['DOUBLE', 0.5, '0.5'],
  [null, 49525.630000000005, '49525.630000000005'],
])(
  'a value of type %s is shown with its digits after the point, and never rounded: %s',
  (type, value, shown) => {
    const rows = [[value]];
    const lines = renderQueryResult({ columns: [{ name: 'v', type }], rows }, options);
    expect(lines[1]?.trim()).toBe(shown);
  },
);

test('a value cannot steer the terminal', () => {
  const lines = renderQueryResult({ columns: columns.slice(0, 1), rows: [['\u001b[2J']] }, options);
  expect(lines[1]).toBe('\\x1b[2J');
});

test('CSV quotes what needs it, and keeps an empty text apart from null', () => {
  const rows = [
    ['a "b", c', 1],
    ['', null],
  ];
  expect(csvLines({ columns, rows })).toEqual(['city,orders', '"a ""b"", c",1', '"",']);
});

const wide = {
  columns: ['customer', 'country', 'revenue'].map((name) => ({ name, type: null })),
  rows: [
    ['Ada Lovelace', 'GB', 12],
    ['Łukasik', null, 7],
  ],
};

test('rows too wide for the terminal become blocks', () => {
  expect(renderQueryResult(wide, { ...options, width: 24 })).toEqual([
    'row 1',
    '  customer  Ada Lovelace',
    '  country   GB',
    '  revenue   12',
    'row 2',
    '  customer  Łukasik',
    '  country',
    '  revenue   7',
  ]);
});

test('a glance at a wide table shows the columns that fit, and says how many more there are', () => {
  expect(renderFirstColumns(wide, { ...options, width: 24 })).toEqual([
    'customer      country',
    'Ada Lovelace  GB',
    'Łukasik',
    'and 1 more column',
  ]);
});
