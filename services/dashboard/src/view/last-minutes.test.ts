import { expect, test } from 'vitest';

import { lastMinutes } from './last-minutes.ts';

const MINUTE_MS = 60_000;
const meta = { count: 12, prevTS: 100 * MINUTE_MS + 30_000, prevCount: 9 };

test('the newest minute is the one that is not over', () => {
  expect(lastMinutes({ data: [4, 5], meta }, 4, 100 * MINUTE_MS + 59_000)).toEqual([0, 5, 4, 3]);
});

test('minutes in which nothing happened are minutes of nothing, however many', () => {
  expect(lastMinutes({ data: [4, 5], meta }, 4, 102 * MINUTE_MS)).toEqual([4, 3, 0, 0]);
  expect(lastMinutes({ data: [4, 5], meta }, 4, 5000 * MINUTE_MS)).toEqual([0, 0, 0, 0]);
});

test('of a queue in which nothing ever happened all minutes are empty', () => {
  const never = { data: [], meta: { count: 0, prevTS: 0, prevCount: 0 } };
  expect(lastMinutes(never, 3, 100 * MINUTE_MS)).toEqual([0, 0, 0]);
});
