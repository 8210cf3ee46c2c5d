import { afterAll, describe, expect, it } from 'vitest';

import { campaignResults } from './campaign-results.ts';
import { findStrace } from './attempts/find-strace.ts';
import { ALL, sample } from './attempts/sample.ts';
import { SCENARIOS, type Scenario } from './attempts/scenarios.ts';
import { sweepInLanes } from './attempts/sweep-in-lanes.ts';
import { sumUp, type SweepResult } from './attempts/sweep.ts';

/** A load publishes: of its calls a good third is tried every time. `npm run chaos:syscalls` tries all of all. */
const TRIED: Record<Scenario, number> = {
  'a load into a new SQLite file': 40,
  'a load into a SQLite file with a run': 6,
  'a load into files': 8,
  'a model': 6,
  'an extract of small batches': 8,
  'an extract of large batches': 6,
};

const strace = await findStrace();
const results: SweepResult[] = [];
afterAll(() => {
  const { tried, violations } = sumUp(results);
  if (tried > 0) console.log(`Killed at ${tried} system calls: ${violations.length} violations.`);
});

describe.skipIf(strace === null)(
  'an attempt killed before any of its calls that change the disk is half seen by nobody, and the next one does it:',
  () => {
    it.each(Object.keys(SCENARIOS) as Scenario[])(
      '%s',
      async (scenario) => {
        if (strace === null) return;
        const swept = await sweepInLanes(strace, scenario, {
          campaign: 'kills',
          choose: (points) => sample(points, TRIED[scenario]).map((point) => ({ kind: 'kill', point })),
        });
        results.push(swept);
        const before = campaignResults.of('kills').filter(({ finding }) => finding.scenario === scenario);
        expect(Math.max(swept.tried, before.length)).toBeGreaterThan(3);
        expect(swept.violations).toEqual([]);
        expect(swept.missed).toEqual([]);
      },
      ALL ? 3_600_000 : 600_000,
    );
  },
);
