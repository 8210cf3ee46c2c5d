import { formatBytes } from '@millrace/shared/core/format-bytes';

import { expect, test } from 'vitest';

import { formatClock, formatCount, formatDuration, formatPercent, plural } from './quantity.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1234567, '1,234,567'],
  [12345678901234567890n, '12,345,678,901,234,567,890'],
])('count %s', (value, text) => {
  expect(formatCount(value)).toBe(text);
});

test.each([
  [1, 'row', '1 row'],
  [0, 'row', '0 rows'],
  [2000, 'batch', '2,000 batches'],
])('plural of %s %s', (count, noun, text) => {
  expect(plural(count, noun)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1_234_567, '1.2 MB'],
  [999_999, '1.0 MB'],
  [123_456_789, '123 MB'],
])('bytes %s', (value, text) => {
  expect(formatBytes(value)).toBe(text);
});

test.each([
  [12, '12 ms'],
  [4200, '4.2 s'],
  [59_999, '1 min 00 s'],
  [65_000, '1 min 05 s'],
  [7_380_000, '2 h 03 min'],
  [273_600_000, '3 d 04 h'],
])('duration %s', (value, text) => {
  expect(formatDuration(value)).toBe(text);
});

test.each([
  [7_400, '0:07'],
  [750_000, '12:30'],
  [3_723_000, '1:02:03'],
])('clock %s', (value, text) => {
  expect(formatClock(value)).toBe(text);
});

test.each([
  [0, '0 %'],
  [0.00001, '< 0.01 %'],
  [0.0003, '0.03 %'],
  [0.012, '1.2 %'],
  [0.45, '45 %'],
])('percent %s', (value, text) => {
  expect(formatPercent(value)).toBe(text);
});
