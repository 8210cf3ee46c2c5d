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
