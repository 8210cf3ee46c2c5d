import { describe, expect, it } from 'vitest';

import { runCampaign } from './campaign.ts';
import { CONTROLS, type Control } from './control.ts';
import type { Outcome } from './outcome.ts';
import { findVacuity, JUDGED_FROM, tallyOf } from './tally.ts';

/** As many as are judged for what they have met; each kind of fault leads at least once. */
const SEEDS = Array.from({ length: JUDGED_FROM }, (_, seed) => seed);
/** Schedules in which a protection that is off must be missed: windows are narrow, and machines differ. */
const CONTROL_SEEDS = Array.from({ length: 8 }, (_, seed) => seed);
const PARALLEL = 2;

const told = ({ seed, violations }: Outcome) =>
  violations.map((violation) => `seed ${seed}: ${violation} (npm run chaos -- --seed ${seed})`);

describe('whatever happens to workers, Redis, sources and objects', () => {
  it('tables and rejects are those of the oracle, whole or not at all, and every run ends', async () => {
    const outcomes = await runCampaign({
      seeds: SEEDS,
      parallel: PARALLEL,
      control: null,
      onOutcome: () => true,
    });
    expect(outcomes.flatMap(told)).toEqual([]);
    expect(findVacuity(tallyOf(outcomes))).toEqual([]);
  }, 600_000);
});

describe('a protection that is switched off', () => {
  it.each(CONTROLS)(
    'is missed: $name',
    async (control) => {
      const isMissed = ({ violations }: Outcome) => violations.some((text) => control.red.test(text));
      const outcomes = await runControl(control, isMissed);
      expect(outcomes.some(isMissed), outcomes.flatMap(told).join('\n')).toBe(true);
    },
    300_000,
  );
});

async function runControl(control: Control, isMissed: (outcome: Outcome) => boolean): Promise<Outcome[]> {
  return runCampaign({
    seeds: CONTROL_SEEDS,
    parallel: PARALLEL,
    control,
    onOutcome: (outcome) => !isMissed(outcome),
  });
}
