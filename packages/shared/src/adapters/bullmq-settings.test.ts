import { describe, expect, it } from 'vitest';

import { backoffMs } from './bullmq-settings.ts';

describe('the delay before another attempt', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [6, 30_000],
    [50, 30_000],
  ])('after attempt %i is %i ms, give or take a quarter', (attempt, middle) => {
    expect(backoffMs(attempt, 0.5)).toBe(middle);
    expect(backoffMs(attempt, 0)).toBe(middle * 0.75);
    expect(backoffMs(attempt, 1)).toBe(middle * 1.25);
  });
});
