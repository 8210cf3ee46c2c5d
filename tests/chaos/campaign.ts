import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openEngine } from '@millrace/shared/adapters/duckdb';

import { controlSchedule, patchesOf, type Control } from './control.ts';
import { makeDataset, type Dataset, type DatasetShape } from './harness/dataset.ts';
import { copyBuild } from './harness/private-build.ts';
import type { Outcome } from './outcome.ts';
import { runSchedule, UNSEEN } from './run-schedule.ts';
import { scheduleOf, type Schedule } from './schedule.ts';

interface CampaignOptions {
  readonly seeds: readonly number[];
  /** Schedules at a time. */
  readonly parallel: number;
  /** A protection to switch off. */
  readonly control: Control | null;
  /** Called after each schedule; `false` ends the campaign. */
  readonly onOutcome: (outcome: Outcome, folder: string) => boolean;
  /** Made for other campaigns as well, which take most of the time of a short one. */
  readonly datasets?: Datasets;
}

/** What is expected of a dataset is computed once, however many schedules use it. */
export type Datasets = (shape: DatasetShape) => Promise<Dataset>;

/** Several times what the slowest schedule may take by its own limits. */
const HUNG_AFTER_MS = 15 * 60_000;
const ENGINE_MEMORY_BYTES = 256 * 1024 * 1024;

/** Runs the schedules of some seeds. The folder of one that held is removed; the others stay to be looked at. */
export async function runCampaign({
  seeds,
  parallel,
  control,
  onOutcome,
  datasets,
}: CampaignOptions): Promise<Outcome[]> {
  const root = await mkdtemp(path.join(tmpdir(), 'millrace-chaos-'));
  const build = await copyBuild(path.join(root, 'build'), patchesOf(control));
  const engine = await openEngine({ memoryLimitBytes: ENGINE_MEMORY_BYTES, threads: 1, spillDir: null });
  const datasetOf = datasets ?? rememberDatasets(root);
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async () => {
    while (next < seeds.length) {
      const seed = seeds[next++] as number;
      const schedule = control === null ? scheduleOf(seed) : controlSchedule(control, seed);
      const folder = path.join(root, `s${seed}`);
      await mkdir(folder);
      const dataset = await datasetOf(schedule.shape);
      const outcome = await unlessItHangs(
        schedule,
        runSchedule(schedule, { build, engine, folder, dataset }),
      );
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

/** A harness that hangs must not cost the schedules that are still to come. */
async function unlessItHangs(schedule: Schedule, running: Promise<Outcome>): Promise<Outcome> {
  const given = new AbortController();
  const hung = delay(HUNG_AFTER_MS, null, { signal: given.signal }).catch(() => null);
  const outcome = await Promise.race([running, hung]);
  given.abort();
  return outcome ?? hungOutcome(schedule);
}

function hungOutcome({ seed }: Schedule): Outcome {
  return {
    seed,
    violations: [`The harness did not come to an end within ${HUNG_AFTER_MS} ms.`],
    faults: [],
    reader: { polls: 0, sawNone: 0, sawAll: [], violations: [] },
    published: 0,
    failed: 0,
    cancelled: 0,
    recoveryMs: 0,
    durationMs: HUNG_AFTER_MS,
    sightings: UNSEEN,
  };
}

/** @param root of their folders, which stay */
export function rememberDatasets(root: string): Datasets {
  const known = new Map<number, Promise<Dataset>>();
  return (shape) => {
    const dataset = known.get(shape.seed) ?? makeDataset(path.join(root, `data-${shape.seed}`), shape);
    known.set(shape.seed, dataset);
    return dataset;
  };
}
