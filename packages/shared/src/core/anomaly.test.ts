import { describe, expect, test } from 'vitest';

import { judgeAnomaly, scoreOf } from './anomaly.ts';
import type { CheckRule } from './check.ts';

type Rule = Extract<CheckRule, { readonly kind: 'anomaly' }>;

const volume: Rule = {
  kind: 'anomaly',
  measure: 'volume',
  column: null,
  threshold: 3,
  direction: 'both',
  floor: 0,
  floorIn: 'measure',
  failOnZero: false,
};
/** Mean 100, standard deviation 2. */
const AROUND_100 = [98, 102, 98, 102, 100, 98, 102, 98, 102];

const verdict = (rule: Partial<Rule>, value: number | null, baseline: readonly number[] = AROUND_100) =>
  judgeAnomaly({ ...volume, ...rule }, value, baseline).verdict;

describe('a value among others', () => {
  test('stands as many standard deviations of a sample from their mean', () => {
    expect(scoreOf(103, AROUND_100)).toEqual({ mean: 100, deviation: 2, score: 1.5 });
    expect(scoreOf(94, AROUND_100).score).toBe(-3);
  });

  test('is at no distance from others that are all the same as it, and infinitely far if it is not', () => {
    const same = Array.from({ length: 10 }, () => 0.1);
    expect(scoreOf(0.1, same)).toEqual({ mean: 0.1, deviation: 0, score: 0 });
    expect(scoreOf(0.2, same).score).toBe(Infinity);
    expect(scoreOf(0, same).score).toBe(-Infinity);
  });
});

describe('a measure is judged', () => {
  test('bad from beyond the threshold on, not at it', () => {
    expect(verdict({}, 106)).toBe('good');
    expect(verdict({}, 106.01)).toBe('bad');
    expect(verdict({}, 94)).toBe('good');
    expect(verdict({}, 93.99)).toBe('bad');
    expect(verdict({ threshold: 4 }, 107)).toBe('good');
  });

  test('in one direction only where that is asked', () => {
    expect([verdict({ direction: 'up' }, 200), verdict({ direction: 'up' }, 0)]).toEqual(['bad', 'good']);
    expect([verdict({ direction: 'down' }, 200), verdict({ direction: 'down' }, 0)]).toEqual(['good', 'bad']);
  });

  test('good where the difference is under the floor, however unlikely', () => {
    expect(verdict({ floor: 10 }, 109.9)).toBe('good');
    expect(verdict({ floor: 10 }, 110)).toBe('bad');
    expect(judgeAnomaly({ ...volume, floor: 10 }, 109, AROUND_100).message).toContain('under 10 are allowed');
  });

  test('good under a floor that is a share of what was before', () => {
    const share = { floor: 0.1, floorIn: 'share' } as const;
    expect(verdict(share, 109.9)).toBe('good');
    expect(verdict(share, 110.1)).toBe('bad');
    expect(judgeAnomaly({ ...volume, ...share }, 91, AROUND_100).message).toContain(
      'under 10 % of it are allowed',
    );
  });

  test('bad for zero whatever the baseline says, where that is asked', () => {
    expect(verdict({ failOnZero: true, floor: 1e9 }, 0)).toBe('bad');
    expect(verdict({ failOnZero: true }, 0, [])).toBe('bad');
    expect(verdict({}, 0, [])).toBe('no_baseline');
  });

  test('not at all with fewer than seven earlier runs', () => {
    expect(verdict({}, 1e9, AROUND_100.slice(0, 6))).toBe('no_baseline');
    expect(verdict({}, 1e9, AROUND_100.slice(0, 7))).toBe('bad');
  });

  test('as unknown when it could not be measured, never as good', () => {
    expect(verdict({}, null)).toBe('unknown');
    expect(verdict({}, null, [])).toBe('unknown');
  });

  test('with its numbers', () => {
    expect(judgeAnomaly(volume, 50, AROUND_100).message).toBe(
      'the number of rows is 50; the last 9 published runs had 100 on average: 25 standard deviations below it (one is 2), 3 allowed',
    );
    const nulls: Rule = { ...volume, measure: 'null_share', column: 'currency' };
    const never = Array.from({ length: 7 }, () => 0);
    expect(judgeAnomaly(nulls, 0.25, never).message).toBe(
      'the share of rows without currency is 25 %; the last 7 published runs had 0 % on average, all the same',
    );
  });
});
