import { describe, expect, it } from 'vitest';

import { FAULT_KINDS } from './fault.ts';
import { scheduleOf } from './schedule.ts';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

describe('a seed', () => {
  it('is one schedule, always the same', () => {
    for (const seed of SEEDS) expect(scheduleOf(seed)).toEqual(scheduleOf(seed));
    expect(
      new Set(SEEDS.map((seed) => JSON.stringify({ ...scheduleOf(seed), seed: 0 }))).size,
    ).toBeGreaterThan(250);
  });

  it('has faults only for runs that are requested', () => {
    for (const { faults, runs } of SEEDS.map(scheduleOf))
      for (const { at } of faults) expect(at.run).toBeLessThan(runs.length);
  });

  it('meets every kind of fault within few seeds, wherever a campaign begins', () => {
    for (const first of [0, 7, 100]) {
      const kinds = SEEDS.slice(first, first + 25).flatMap((seed) =>
        scheduleOf(seed).faults.map(({ kind }) => kind),
      );
      expect([...new Set(kinds)].sort()).toEqual([...FAULT_KINDS].sort());
    }
  });

  it('changes sources only where a second version of them is known', () => {
    const changing = SEEDS.map(scheduleOf).filter(({ faults }) =>
      faults.some(({ kind }) => kind === 'source_change'),
    );
    expect(changing.length).toBeGreaterThan(0);
    for (const { shape } of changing) expect(shape.gzip).toBe(false);
  });
});
