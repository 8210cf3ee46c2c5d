import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Service } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import type { Cluster } from './harness/cluster.ts';
import type { WorkerProcess } from './harness/worker-process.ts';
import { deployNumbers, type Numbers } from './numbers-run.ts';

const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];

/** A cluster with two workers of one stage, of which the one that meets an armed site first is stopped there. */
export interface ZombieLane {
  readonly numbers: Numbers;
  /** The next to meet a site that this matches is stopped. */
  arm(pattern: string): Promise<void>;
  /** The worker that was stopped, and the other one. */
  stopped(): Promise<{ zombie: WorkerProcess; other: WorkerProcess }>;
}

/** What the workers of a lane are started with, in its folder. */
export const zombieSettings = (folder: string) => ({
  NODE_OPTIONS: `--import ${new URL('stop-at.mjs', import.meta.url).href}`,
  CHAOS_ARM: path.join(folder, 'armed'),
});

/** Starts the workers of a lane in a cluster with its settings, which the caller stops. */
export async function startZombieLane(
  cluster: Cluster,
  { service, rows }: { service: Service; rows: number },
): Promise<ZombieLane> {
  const armFile = zombieSettings(cluster.folder).CHAOS_ARM;
  const workers = [service, service].map((one) => cluster.start(one));
  const others = SERVICES.filter((one) => one !== service).map((one) => cluster.start(one));
  await Promise.all([...workers, ...others].map((worker) => cluster.ready(worker)));

  return {
    numbers: await deployNumbers(cluster, { rows, rowsPerBatch: Math.ceil(rows / 10) }),
    async arm(pattern) {
      // In one step: a worker must not read half a pattern.
      await writeFile(`${armFile}.new`, pattern);
      await rename(`${armFile}.new`, armFile);
    },
    async stopped() {
      let zombie: WorkerProcess | undefined;
      await until(async () => {
        const names = await readdir(cluster.folder);
        zombie = workers.find(({ pid }) => names.includes(`armed.${pid}`));
        return zombie !== undefined && (await isStopped(zombie.pid));
      }, 'a worker meets the site and stops');
      const other = workers.find((worker) => worker !== zombie);
      if (zombie === undefined || other === undefined) throw new Error('There are two workers.');
      await rename(`${armFile}.${zombie.pid}`, `${armFile}.used`);
      return { zombie, other };
    },
  };
}

async function isStopped(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8');
  return state.slice(state.lastIndexOf(')') + 2).startsWith('T');
}
