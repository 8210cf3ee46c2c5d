import { expect, test } from 'vitest';

import { displayWidth, pad, truncate } from './width.ts';

test('width counts columns, not code units', () => {
  expect(displayWidth('plain')).toBe(5);
  expect(displayWidth('東京')).toBe(4);
  expect(displayWidth('e\u0301')).toBe(1);
  expect(displayWidth('😀')).toBe(2);
  expect(displayWidth('\u001b[31mred\u001b[39m')).toBe(3);
});

test('cutting keeps within the width and marks the cut', () => {
  expect(truncate('abcdef', 6)).toBe('abcdef');
  expect(truncate('abcdef', 4)).toBe('abc…');
  expect(truncate('東京都', 4)).toBe('東…');
  expect(truncate('abc', 0)).toBe('');
});

test('padding fills to the width at the chosen side', () => {
  expect(pad('東', 4)).toBe('東  ');
  expect(pad('7', 3, 'right')).toBe('  7');
  expect(pad('long', 2)).toBe('long');
});
