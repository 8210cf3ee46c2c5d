import { readdir, readFile, readlink, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { modelProcesses } from '../support/model-processes.ts';
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
  stopped(): Promise<Stopped>;
  /** Stops the transformer that runs the model of a run, and the process in which it does. */
  stopInModel(run: string): Promise<Stopped>;
}

export interface Stopped {
  readonly zombie: WorkerProcess;
  readonly other: WorkerProcess;
  /** Ends the stop. */
  readonly goOn: () => void;
}

/** What the workers of a lane are started with, in its folder. */
export const zombieSettings = (folder: string) => ({
  NODE_OPTIONS: `--import ${new URL('stop-at.mjs', import.meta.url).href}`,
  CHAOS_ARM: path.join(folder, 'armed'),
});

/** Starts the workers of a lane in a cluster with its settings, which the caller stops. */
export async function startZombieLane(
  cluster: Cluster,
  { service, rows, model }: { service: Service; rows: number; model?: string },
): Promise<ZombieLane> {
  const armFile = zombieSettings(cluster.folder).CHAOS_ARM;
  const workers = [service, service].map((one) => cluster.start(one));
  const others = SERVICES.filter((one) => one !== service).map((one) => cluster.start(one));
  await Promise.all([...workers, ...others].map((worker) => cluster.ready(worker)));

  return {
    numbers: await deployNumbers(cluster, {
      rows,
      rowsPerBatch: Math.ceil(rows / 10),
      ...(model === undefined ? {} : { model }),
    }),
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
      const pair = tellApart(workers, zombie);
      await rename(`${armFile}.${pair.zombie.pid}`, `${armFile}.used`);
      return { ...pair, goOn: () => pair.zombie.send('SIGCONT') };
    },
    async stopInModel(run) {
      let zombie: WorkerProcess | undefined;
      let model = 0;
      await until(async () => {
        for (const worker of workers)
          for (const pid of await modelProcesses(worker.pid))
            if (await writesModel(pid, run)) [zombie, model] = [worker, pid];
        return zombie !== undefined;
      }, 'the model is being written');
      const pair = tellApart(workers, zombie);
      pair.zombie.send('SIGSTOP');
      process.kill(model, 'SIGSTOP');
      await until(
        async () => (await isStopped(pair.zombie.pid)) && (await isStopped(model)),
        'both are stopped',
      );
      const goOn = () => {
        pair.zombie.send('SIGCONT');
        process.kill(model, 'SIGCONT');
      };
      if (await writesModel(model, run)) return { ...pair, goOn };
      goOn();
      throw new Error('The model had ended when it was stopped.');
    },
  };
}

function tellApart(workers: readonly WorkerProcess[], zombie: WorkerProcess | undefined) {
  const other = workers.find((worker) => worker !== zombie);
  if (zombie === undefined || other === undefined) throw new Error('There are two workers.');
  return { zombie, other };
}

/** Whether a process has the object of the run's model open. One that ends meanwhile has none. */
async function writesModel(pid: number, run: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const files = await Promise.all(
    descriptors.map((name) => readlink(path.join(folder, name)).catch(() => '')),
  );
  return files.some((file) => file.includes(`/runs/${run}/modeled/`));
}

async function isStopped(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8');
  return state.slice(state.lastIndexOf(')') + 2).startsWith('T');
}
