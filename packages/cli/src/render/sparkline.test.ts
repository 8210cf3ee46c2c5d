import { expect, test } from 'vitest';

import { sparkline } from './sparkline.ts';

test('a sparkline goes from the least to the greatest value', () => {
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8])).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([-1, 1, 0])).toBe('▁█▅');
});

test('a floor keeps small differences of large numbers small', () => {
  expect(sparkline([98, 100])).toBe('▁█');
  expect(sparkline([98, 100], 0)).toBe('██');
});

test('values that are all the same are a line, zeros the lowest, and missing ones dots', () => {
  expect(sparkline([7, 7, 7])).toBe('▄▄▄');
  expect(sparkline([0, 0], 0)).toBe('▁▁');
  expect(sparkline([null, 5, null])).toBe('·▄·');
  expect(sparkline([null])).toBe('·');
  expect(sparkline([])).toBe('');
});
