import { expect, test } from 'vitest';

import { decimalText } from './decimal-text.ts';

test.each([
  [0n, 2, '0.00'],
  [-5n, 2, '-0.05'],
  [1234n, 2, '12.34'],
  [-123456n, 6, '-0.123456'],
  [42n, 0, '42'],
  [10n ** 38n - 1n, 38, `0.${'9'.repeat(38)}`],
])('writes %d with scale %d', (unscaled, scale, text) => {
  expect(decimalText(unscaled, scale)).toBe(text);
});
