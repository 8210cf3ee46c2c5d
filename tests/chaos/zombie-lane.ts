import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Service } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import { startCluster, type Cluster } from './harness/cluster.ts';
import type { PrivateBuild } from './harness/private-build.ts';
import type { WorkerProcess } from './harness/worker-process.ts';
import { deployNumbers, type Numbers } from './numbers-run.ts';

const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];

/** A cluster with two workers of one stage, of which the one that meets an armed site first is stopped there. */
export interface ZombieLane {
  readonly cluster: Cluster;
  readonly numbers: Numbers;
  /** The next to meet a site that this matches is stopped. */
  arm(pattern: string): Promise<void>;
  /** The worker that was stopped, and the other one. */
  stopped(): Promise<{ zombie: WorkerProcess; other: WorkerProcess }>;
}

export async function startZombieLane(
  build: PrivateBuild,
  folder: string,
  { service, rows }: { service: Service; rows: number },
): Promise<ZombieLane> {
  const armFile = path.join(folder, 'armed');
  const cluster = await startCluster(build, folder, {
    NODE_OPTIONS: `--import ${new URL('stop-at.mjs', import.meta.url).href}`,
    CHAOS_ARM: armFile,
  });
  const workers = [service, service].map((one) => cluster.start(one));
  const others = SERVICES.filter((one) => one !== service).map((one) => cluster.start(one));
  await Promise.all([...workers, ...others].map((worker) => cluster.ready(worker)));

  return {
    cluster,
    numbers: await deployNumbers(cluster, { rows, rowsPerBatch: Math.ceil(rows / 10) }),
    async arm(pattern) {
      // In one step: a worker must not read half a pattern.
      await writeFile(`${armFile}.new`, pattern);
      await rename(`${armFile}.new`, armFile);
    },
    async stopped() {
      let zombie: WorkerProcess | undefined;
      await until(async () => {
        const names = await readdir(folder);
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
