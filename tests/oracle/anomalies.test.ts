import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { expect, test } from 'vitest';

import { judgeAnomaly, scoreOf } from '@millrace/shared/core/anomaly';

const SCRIPT = path.join(import.meta.dirname, 'anomalies.py');
const SERIES = 200;

interface Case {
  readonly value: number | null;
  readonly baseline: readonly number[];
  readonly threshold: number;
  readonly direction: 'both' | 'up' | 'down';
  readonly floor: number;
  readonly floorIn: 'measure' | 'share';
  readonly failOnZero: boolean;
}

/** Numbers in [0, 1), the same in every test run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Volumes, shares, means and ages of several magnitudes: steady, growing, weekly, jumping, all the same. */
function drawCases(): Case[] {
  const random = createRandom(20_261_122);
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return Array.from({ length: SERIES }, () => {
    const level = pick(0.02, 0.5, 1, 240, 60_000, 1_764_000_000, -75);
    const noise = level * pick(0, 0.01, 0.1, 0.5);
    const shape = pick('steady', 'growing', 'weekly', 'jumping');
    const isWhole = Math.abs(level) > 100;
    const draw = (run: number, offset = 0): number => {
      const trend = { steady: 0, growing: run * noise, weekly: run % 7 === 0 ? level / 2 : 0, jumping: 0 }[
        shape
      ];
      const jump = shape === 'jumping' && random() < 0.2 ? level : 0;
      const value = level + trend + jump + (random() - 0.5) * noise + offset;
      return isWhole ? Math.round(value) : value;
    };
    const length = pick(0, 6, 7, 10, 14, 14, 14, 14, 14);
    const baseline = Array.from({ length }, (_, run) => draw(length - run));
    const value = pick<number | null>(
      draw(length + 1),
      draw(length + 1),
      draw(length + 1, noise * 5),
      draw(length + 1, -noise * 3),
      level * 2,
      0,
      baseline[0] ?? null,
      null,
    );
    return {
      value,
      baseline,
      threshold: pick(1, 2, 3, 3.5),
      direction: pick('both', 'up', 'down'),
      ...pick<Pick<Case, 'floor' | 'floorIn'>>(
        { floor: 0, floorIn: 'measure' },
        { floor: 0, floorIn: 'share' },
        { floor: Math.abs(noise), floorIn: 'measure' },
        { floor: Math.abs(level), floorIn: 'measure' },
        { floor: 0.1, floorIn: 'share' },
        { floor: 0.75, floorIn: 'share' },
      ),
      failOnZero: pick(true, false),
    };
  });
}

test('200 series are judged as an independent calculation judges them', () => {
  const cases = drawCases();
  const input = cases.map((one) => JSON.stringify(one)).join('\n');
  const expected = execFileSync('python3', [SCRIPT], { input, encoding: 'utf8' })
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { verdict: string; score?: number | string });
  const verdicts = cases.map(({ value, baseline, ...rule }) => {
    const judged = { kind: 'anomaly', measure: 'mean', column: 'c', ...rule } as const;
    return judgeAnomaly(judged, value, baseline).verdict;
  });
  expect(verdicts).toEqual(expected.map(({ verdict }) => verdict));
  for (const [index, { value, baseline }] of cases.entries()) {
    const score = expected[index]?.score;
    if (score === undefined || value === null) continue;
    const own = scoreOf(value, baseline).score;
    if (typeof score === 'string') expect(own).toBe(score === 'inf' ? Infinity : -Infinity);
    else expect(Math.abs(own - score)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(score)));
  }
  // A draw that left out a verdict would prove nothing about it.
  const count = (verdict: string) => verdicts.filter((one) => one === verdict).length;
  expect(Math.min(...['good', 'bad', 'no_baseline', 'unknown'].map(count))).toBeGreaterThanOrEqual(15);
});
