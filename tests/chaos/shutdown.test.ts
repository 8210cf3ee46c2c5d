import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Service } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import { campaignResults } from './campaign-results.ts';
import { startCluster, type Cluster } from './harness/cluster.ts';
import { copyBuild, type Patch, type PrivateBuild } from './harness/private-build.ts';
import type { WorkerProcess } from './harness/worker-process.ts';
import { deployNumbers, PREFIX, type NumbersShape } from './numbers-run.ts';

/** Per stage. A campaign wants more: `npm run chaos:shutdown`. */
const TRIES = Number(process.env['CHAOS_SHUTDOWN_TRIES'] ?? 2);
const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];
/** So short that a task is sometimes finished and sometimes handed back. */
const SHUTDOWN_MS = 300;
/**
 * A worker that has not stopped some seconds after that ends itself with exit code 1, so that whoever stops it need not. On
 * a machine that is busy with other tests the same work takes many times as long: that it ends by itself, with exit code 0,
 * is what is expected, and the code says it without a clock.
 */
const PATIENT: Patch = {
  file: 'packages/shared/dist/runtime/stage-service.js',
  find: 'const STOP_GRACE_MS = 5000',
  replace: 'const STOP_GRACE_MS = 60_000',
};
/** Less than a worker waits for a job or for Redis at a time, which is what "at once" must not wait for. */
const AT_ONCE_MS = 3000;

interface Stage {
  readonly service: Service;
  readonly stage: string;
  readonly task: string;
  /** What makes the task of this stage last a second or two. */
  readonly shape: NumbersShape;
}

const SLOW_MODEL =
  'SELECT id, note FROM numbers WHERE (SELECT count(*) FROM range(12000) a, range(12000) b WHERE hash(a.range, b.range) = 1) >= 0';
const EXTRACT: Stage = {
  service: 'extractor',
  stage: 'extract',
  task: 'extract-numbers-00001',
  shape: { rows: 20_000, rowsPerBatch: 10 },
};
const TRANSFORM: Stage = {
  service: 'transformer',
  stage: 'transform',
  task: 'model-numbers_kept',
  shape: { rows: 100, rowsPerBatch: 100, model: SLOW_MODEL },
};
const LOAD: Stage = {
  service: 'loader',
  stage: 'load',
  task: 'load-1',
  shape: { rows: 100_000, rowsPerBatch: 100_000 },
};

let folder: string;
let patient: PrivateBuild;
let build: PrivateBuild;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'shutdown-')));
  build = await copyBuild(path.join(folder, 'build'), []);
  patient = await copyBuild(path.join(folder, 'patient'), [PATIENT]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function inCluster(
  name: string,
  settings: Record<string, string>,
  action: (cluster: Cluster) => Promise<void>,
  of = patient,
): Promise<void> {
  await mkdir(path.join(folder, name));
  const cluster = await startCluster(of, path.join(folder, name), settings);
  try {
    await action(cluster);
  } finally {
    expect(await cluster.stop()).toEqual([]);
  }
}

async function startReady(cluster: Cluster, service: Service): Promise<WorkerProcess> {
  const worker = cluster.start(service);
  await cluster.ready(worker);
  return worker;
}

/** With how long that took: what is quick is quick in comparison, for machines differ and are busy with other things. */
async function startAll(cluster: Cluster): Promise<{ workers: WorkerProcess[]; startMs: number }> {
  const before = Date.now();
  const workers = await Promise.all(SERVICES.map((service) => startReady(cluster, service)));
  return { workers, startMs: Date.now() - before };
}

/** Resolves when a worker has the task. */
async function begun(cluster: Cluster, { stage, task }: Stage, run: string): Promise<void> {
  const redis = await connectOrFail(cluster.redis.url);
  const key = `${PREFIX}:${stage}:${run}.${task}.g1`;
  await until(async () => (await redis.hget(key, 'processedOn')) !== null, `${task} is begun`);
  redis.disconnect();
}

/** How often the queue has found a worker silent, over all jobs. */
async function stalls(cluster: Cluster): Promise<number> {
  const redis = await connectOrFail(cluster.redis.url);
  let sum = 0;
  for (const key of await redis.keys(`${PREFIX}:*:*.g*`))
    if ((await redis.type(key)) === 'hash') sum += Number((await redis.hget(key, 'stc')) ?? 0);
  redis.disconnect();
  return sum;
}

/** The exit code, and how long it took. */
async function stopped(worker: WorkerProcess): Promise<{ code: number | null; ms: number }> {
  const before = Date.now();
  const { code } = await worker.exited;
  return { code, ms: Date.now() - before };
}

it.concurrent.each([EXTRACT, TRANSFORM, LOAD])(
  'a $service told to stop finishes its task or hands it back, and never leaves one behind',
  async (stage) => {
    const settings = { MILLRACE_SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_MS) };
    await inCluster(stage.service, settings, async (cluster) => {
      const others = SERVICES.filter((service) => service !== stage.service);
      await Promise.all(others.map((service) => startReady(cluster, service)));
      const numbers = await deployNumbers(cluster, stage.shape);
      let worker = await startReady(cluster, stage.service);
      for (let index = 0; index < TRIES; index += 1) {
        const run = await numbers.request();
        await begun(cluster, stage, run);
        await delay(Math.random() * 600);
        worker.send('SIGTERM');
        expect(await worker.exited).toMatchObject({ code: 0 });
        worker = await startReady(cluster, stage.service);
        await numbers.published(run);
        expect(numbers.loaded(run)).toEqual(numbers.all);
      }
      expect(await stalls(cluster)).toBe(0);
      campaignResults.add('shutdown', `${stage.service} ${folder}`, { stage: stage.service, tries: TRIES });
    });
  },
  TRIES * 30_000 + 30_000,
);

describe('a worker told to stop', () => {
  it.concurrent('while it waits for work ends at once', async () => {
    await inCluster('idle', {}, async (cluster) => {
      const { workers, startMs } = await startAll(cluster);
      for (const worker of workers) worker.send('SIGTERM');
      for (const { code, ms } of await Promise.all(workers.map(stopped))) {
        expect(code).toBe(0);
        expect(ms).toBeLessThan(AT_ONCE_MS + startMs);
      }
    });
  });

  it.concurrent(
    'a second time ends in the middle of its task, as one that the signal has killed',
    async () => {
      await inCluster('twice', { MILLRACE_SHUTDOWN_TIMEOUT_MS: '60000' }, async (cluster) => {
        const worker = await startReady(cluster, 'extractor');
        const numbers = await deployNumbers(cluster, { rows: 60_000, rowsPerBatch: 10 });
        const run = await numbers.request();
        await begun(cluster, EXTRACT, run);
        worker.send('SIGTERM');
        await until(() => worker.lines.some(({ msg }) => msg === 'stopping'), 'it stops');
        worker.send('SIGTERM');
        expect(await worker.exited).toMatchObject({ code: 143 });
        expect(await cluster.store.done(run)).toEqual(new Set());
      });
    },
  );

  it.concurrent('while Redis is away ends in time, idle or in the middle of a task', async () => {
    const settings = { MILLRACE_SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_MS) };
    await inCluster('away', settings, async (cluster) => {
      const [extractor, loader] = [
        await startReady(cluster, 'extractor'),
        await startReady(cluster, 'loader'),
      ];
      const numbers = await deployNumbers(cluster, { rows: 60_000, rowsPerBatch: 10 });
      await begun(cluster, EXTRACT, await numbers.request());
      await cluster.redis.kill();
      for (const worker of [extractor, loader]) {
        await until(() => worker.lines.some(({ msg }) => msg === 'waiting for Redis'), 'it misses Redis');
        worker.send('SIGTERM');
      }
      for (const { exited } of [extractor, loader]) expect(await exited).toMatchObject({ code: 0 });
    });
  });

  it.concurrent('when Redis has just come back, and its connections have not, ends at once', async () => {
    await inCluster('back', {}, async (cluster) => {
      const { workers, startMs } = await startAll(cluster);
      await cluster.redis.kill();
      // So long that they look for Redis no more often than once a second.
      await delay(1500);
      await cluster.redis.start();
      for (const worker of workers) worker.send('SIGTERM');
      for (const { code, ms } of await Promise.all(workers.map(stopped))) {
        expect(code).toBe(0);
        expect(ms).toBeLessThan(AT_ONCE_MS + startMs);
      }
    });
  });

  it.concurrent('while Redis hangs ends in time, and says that it could not stop as it should', async () => {
    const settings = { MILLRACE_SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_MS) };
    const hang = async (cluster: Cluster) => {
      const worker = await startReady(cluster, 'extractor');
      const numbers = await deployNumbers(cluster, { rows: 60_000, rowsPerBatch: 10 });
      await begun(cluster, EXTRACT, await numbers.request());
      cluster.redis.pause();
      worker.send('SIGTERM');
      const ended = await worker.exited;
      cluster.redis.resume();
      expect(ended).toMatchObject({ code: 1 });
      expect(worker.lines.at(-1)).toMatchObject({ msg: 'did not stop in time' });
    };
    await inCluster('hangs', settings, hang, build);
  });
});
