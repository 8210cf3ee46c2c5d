import { expect, test } from 'vitest';

import { judgeRowCount } from './row-count.ts';

const judge = (
  limits: { min?: number; max?: number; change?: number },
  rows: number,
  baseline: readonly number[] = [],
) => judgeRowCount({ kind: 'row_count', min: null, max: null, change: null, ...limits }, rows, baseline);

test('a number of rows has to be within its limits, both included', () => {
  expect([0, 1, 5, 6].map((rows) => judge({ min: 1, max: 5 }, rows).verdict)).toEqual([
    'bad',
    'good',
    'good',
    'bad',
  ]);
});

test('a change is a share of the rows of the last published run, more or fewer', () => {
  const rows = [49, 50, 150, 151];
  expect(rows.map((count) => judge({ change: 0.5 }, count, [100, 7]).verdict)).toEqual([
    'bad',
    'good',
    'good',
    'bad',
  ]);
  expect(judge({ change: 0.5 }, 49, [100]).message).toBe(
    '49 rows, 100 in the last published run (-51 %; 50 % allowed)',
  );
});

test('after a run without rows only none is no change', () => {
  expect(judge({ change: 9 }, 0, [0]).verdict).toBe('good');
  expect(judge({ change: 9 }, 1, [0]).verdict).toBe('bad');
});

test('without an earlier run there is nothing to compare with, but limits hold', () => {
  expect(judge({ change: 0.5 }, 49).verdict).toBe('no_baseline');
  expect(judge({ min: 50, change: 0.5 }, 49).verdict).toBe('bad');
});
