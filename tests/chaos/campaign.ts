import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openEngine } from '@millrace/shared/adapters/duckdb';

import { controlSchedule, patchesOf, type Control } from './control.ts';
import { makeDataset, type Dataset, type DatasetShape } from './harness/dataset.ts';
import { copyBuild } from './harness/private-build.ts';
import type { Outcome } from './outcome.ts';
import { runSchedule } from './run-schedule.ts';
import { scheduleOf } from './schedule.ts';

interface CampaignOptions {
  readonly seeds: readonly number[];
  /** Schedules at a time. */
  readonly parallel: number;
  /** A protection to switch off. */
  readonly control: Control | null;
  /** Called after each schedule; `false` ends the campaign. */
  readonly onOutcome: (outcome: Outcome, folder: string) => boolean;
}

const ENGINE_MEMORY_BYTES = 256 * 1024 * 1024;

/** Runs the schedules of some seeds. The folder of one that held is removed; the others stay to be looked at. */
export async function runCampaign({
  seeds,
  parallel,
  control,
  onOutcome,
}: CampaignOptions): Promise<Outcome[]> {
  const root = await mkdtemp(path.join(tmpdir(), 'millrace-chaos-'));
  const build = await copyBuild(path.join(root, 'build'), patchesOf(control));
  const engine = await openEngine({ memoryLimitBytes: ENGINE_MEMORY_BYTES, threads: 1, spillDir: null });
  const datasetOf = rememberDatasets(root);
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async () => {
    while (next < seeds.length) {
      const seed = seeds[next++] as number;
      const schedule = control === null ? scheduleOf(seed) : controlSchedule(control, seed);
      const folder = path.join(root, `s${seed}`);
      await mkdir(folder);
      const outcome = await runSchedule(schedule, {
        build,
        engine,
        folder,
        dataset: await datasetOf(schedule.shape),
      });
      outcomes.push(outcome);
      if (outcome.violations.length === 0) await rm(folder, { recursive: true, force: true });
      if (!onOutcome(outcome, folder)) next = seeds.length;
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, work));
  } finally {
    await engine.close();
  }
  if (control !== null || outcomes.every(({ violations }) => violations.length === 0))
    await rm(root, { recursive: true, force: true });
  return outcomes;
}

/** What is expected of a dataset is computed once, however many schedules use it. */
function rememberDatasets(root: string): (shape: DatasetShape) => Promise<Dataset> {
  const known = new Map<number, Promise<Dataset>>();
  return (shape) => {
    const dataset = known.get(shape.seed) ?? makeDataset(path.join(root, `data-${shape.seed}`), shape);
    known.set(shape.seed, dataset);
    return dataset;
  };
}
