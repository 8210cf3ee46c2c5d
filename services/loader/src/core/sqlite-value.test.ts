import { describe, expect, test } from 'vitest';

import { decimalValue, doubleValue, shortYear, unsignedInteger } from './sqlite-value.ts';

const place = { table: 'sales', column: 'amount', file: 'models/sales.sql' };

describe('decimals', () => {
  test.each([
    ['12.50', 12.5],
    ['-0.05', -0.05],
    ['0.00', 0],
    ['1234567890123.45', 1234567890123.45],
    ['123456789012.3450000000', 123456789012.345],
    ['100000000000000000000.00', 1e20],
    ['0.00000000000000000000123', 1.23e-21],
  ])('%s is kept', (text, kept) => {
    expect(decimalValue(place)(text)).toBe(kept);
  });

  test.each(['12345678901234.56', '-1234567890.1234567', '9999999999999999'])(
    '%s has too many digits, and the error says where and what to do',
    (text) => {
      expect(() => decimalValue(place)(text)).toThrow(
        expect.objectContaining({
          code: 'decimal_too_wide',
          message: expect.stringContaining(`column 'amount' of table 'sales'`) as string,
          where: 'models/sales.sql',
          hint: expect.stringContaining('VARCHAR') as string,
        }),
      );
      expect(() => decimalValue(place)(text)).toThrow(text);
    },
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  '%s is no value of SQLite',
  (value) => {
    expect(() => doubleValue(place)(value)).toThrow(expect.objectContaining({ code: 'value_not_storable' }));
  },
);

test('every finite double is kept', () => {
  expect([0.1, -0, 5e-324, 1.7976931348623157e308].map(doubleValue(place))).toEqual([
    0.1, -0, 5e-324, 1.7976931348623157e308,
  ]);
});

test('unsigned integers are kept as long as they fit into 64 bits with a sign', () => {
  const convert = unsignedInteger(place);
  expect(convert(9223372036854775807n)).toBe(9223372036854775807n);
  expect(() => convert(9223372036854775808n)).toThrow('9223372036854775808');
  expect(() => convert(2n ** 64n - 1n)).toThrow(expect.objectContaining({ code: 'value_not_storable' }));
});

test.each([
  '2026-11-22',
  '0001-01-01',
  '9999-12-31 23:59:59.999999',
  '2026-11-22 06:00:00',
  '2026-11-22 06:00:00.5',
])('the time %s is kept', (text) => {
  expect(shortYear(place)(text)).toBe(text);
});

test.each(['infinity', '-infinity', '10000-01-01', '0044-03-15 (BC)', '2026-11-22 06:00:00.123456789'])(
  'the time %s is refused',
  (text) => {
    expect(() => shortYear(place)(text)).toThrow(text);
  },
);
