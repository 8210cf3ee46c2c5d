import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { rememberDatasets, runCampaign, type Datasets } from './campaign.ts';
import { CONTROLS, type Control } from './control.ts';
import type { Outcome } from './outcome.ts';
import { findVacuity, JUDGED_FROM, tallyOf } from './tally.ts';

/** As many as are judged for what they have met; each kind of fault leads at least once. */
const SEEDS = Array.from({ length: JUDGED_FROM }, (_, seed) => seed);
/** Schedules in which a protection that is off must be missed: windows are narrow, and machines differ. */
const CONTROL_SEEDS = Array.from({ length: 8 }, (_, seed) => seed);
/** Schedules wait for most of their time: for locks to lapse, for Redis to come back, for a run that cannot end. */
const PARALLEL = 3;

const told = ({ seed, violations }: Outcome) =>
  violations.map((violation) => `seed ${seed}: ${violation} (npm run chaos -- --seed ${seed})`);

let folder: string;
let datasets: Datasets;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chaos-data-'));
  datasets = rememberDatasets(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('whatever happens to workers, Redis, sources and objects', () => {
  it('tables and rejects are those of the oracle, whole or not at all, and every run ends', async () => {
    const outcomes = await runCampaign({
      seeds: SEEDS,
      parallel: PARALLEL,
      control: null,
      onOutcome: () => true,
      datasets,
    });
    expect(outcomes.flatMap(told)).toEqual([]);
    expect(findVacuity(tallyOf(outcomes))).toEqual([]);
  }, 600_000);
});

describe('a protection that is switched off', () => {
  it('is missed, whichever it is', async () => {
    const left = [...CONTROLS];
    const found: string[] = [];
    const work = async () => {
      for (let control = left.shift(); control !== undefined; control = left.shift())
        found.push(`${control.name}: ${await findOut(control)}`);
    };
    // All of them end before the test does: what one leaves running nobody would end.
    const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, work));
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(found.sort()).toEqual(CONTROLS.map(({ name }) => `${name}: missed`).sort());
  }, 900_000);
});

/** The first schedule that misses the protection is enough: one at a time, beside those of other protections. */
async function findOut(control: Control): Promise<string> {
  const isMissed = ({ violations }: Outcome) => violations.some((text) => control.red.test(text));
  const outcomes = await runCampaign({
    seeds: CONTROL_SEEDS,
    parallel: 1,
    control,
    onOutcome: (outcome) => !isMissed(outcome),
    datasets,
  });
  return outcomes.some(isMissed) ? 'missed' : outcomes.flatMap(told).join('\n');
}
