import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Service } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import { startCluster, type Cluster } from './harness/cluster.ts';
import { copyBuild, type PrivateBuild } from './harness/private-build.ts';
import type { WorkerProcess } from './harness/worker-process.ts';
import { deployNumbers, type Numbers } from './numbers-run.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];

let folder: string;
let build: PrivateBuild;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'redis-')));
  build = await copyBuild(path.join(folder, 'build'), []);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function startAll(cluster: Cluster, settings: Record<string, string> = {}): Promise<WorkerProcess[]> {
  const workers = SERVICES.map((service) => cluster.start(service, settings));
  await Promise.all(workers.map((worker) => cluster.ready(worker)));
  return workers;
}

async function configure(cluster: Cluster, name: string, value: string): Promise<void> {
  const redis = await connectOrFail(cluster.redis.url);
  await redis.config('SET', name, value);
  redis.disconnect();
}

async function expectRun(numbers: Numbers, run: string): Promise<void> {
  await numbers.published(run);
  expect(numbers.loaded(run)).toEqual(numbers.all);
}

describe('a Redis', () => {
  it.concurrent('that is full is told of, and the run goes on when it has room', async () => {
    await mkdir(path.join(folder, 'full'));
    const cluster = await startCluster(build, path.join(folder, 'full'));
    try {
      const workers = await startAll(cluster);
      const numbers = await deployNumbers(cluster, { rows: 20_000, rowsPerBatch: 10 });
      const run = await numbers.request();
      await configure(cluster, 'maxmemory', '1mb');
      await expect(numbers.request()).rejects.toThrow(/OOM|maxmemory/);
      const told = () =>
        workers.some(({ lines }) => lines.some((line) => JSON.stringify(line).includes('OOM')));
      await until(told, 'a worker says that Redis is full');
      expect((await cluster.store.load(run)).failure).toBeNull();
      await configure(cluster, 'maxmemory', '0');
      await expectRun(numbers, run);
    } finally {
      expect(await cluster.stop()).toEqual([]);
    }
  });

  it.concurrent('that would remove jobs when it is full is refused', async () => {
    await mkdir(path.join(folder, 'evicts'));
    const cluster = await startCluster(build, path.join(folder, 'evicts'));
    try {
      await configure(cluster, 'maxmemory-policy', 'allkeys-lru');
      const worker = cluster.start('loader');
      expect(await worker.exited).toMatchObject({ code: 3 });
      expect(worker.isReady()).toBe(false);
    } finally {
      expect(await cluster.stop()).toEqual([]);
    }
  });

  it('that is away when workers start is waited for, and a command says so at once', async () => {
    await mkdir(path.join(folder, 'late'));
    const cluster = await startCluster(build, path.join(folder, 'late'));
    try {
      const numbers = await deployNumbers(cluster, { rows: 1000, rowsPerBatch: 100 });
      // A busy machine needs seconds for any command: it is compared with itself.
      const started = Date.now();
      expect(await cluster.cli('run', numbers.pipeline)).toMatchObject({ code: 0 });
      await cluster.redis.kill();
      const before = Date.now();
      const { code, stderr } = await cluster.cli('run', numbers.pipeline);
      expect(Date.now() - before - (before - started)).toBeLessThan(5000);
      const workers = SERVICES.map((service) => cluster.start(service));
      expect(code).toBe(3);
      expect(stderr).toContain('Redis did not answer');
      for (const { lines } of workers)
        await until(() => lines.some(({ msg }) => msg === 'waiting for Redis'), 'a worker waits for Redis');
      await cluster.redis.start();
      await Promise.all(workers.map((worker) => cluster.ready(worker)));
      await expectRun(numbers, await numbers.request());
    } finally {
      expect(await cluster.stop()).toEqual([]);
    }
  });
});

/** Each is done to the network in the middle of a run. */
const TROUBLES: readonly { readonly name: string; readonly make: (proxy: TcpProxy) => Promise<void> }[] = [
  {
    name: 'that lets nothing through for longer than a lock',
    make: async (proxy) => {
      proxy.set('blackhole');
      await delay(10_000);
      proxy.set('pass');
    },
  },
  {
    name: 'that resets all connections again and again',
    make: async (proxy) => {
      for (let index = 0; index < 5; index += 1) {
        proxy.reset();
        await delay(300);
      }
    },
  },
  {
    name: 'that is slow',
    make: async (proxy) => {
      proxy.set('latency');
      await delay(3000);
      proxy.set('pass');
    },
  },
  {
    name: 'whose connections are dead at one end',
    make: (proxy) => {
      proxy.forget();
      return Promise.resolve();
    },
  },
];

it.concurrent.each(TROUBLES)('a network $name costs time only', async ({ name, make }) => {
  const own = path.join(folder, String(TROUBLES.findIndex((trouble) => trouble.name === name)));
  await mkdir(own);
  const cluster = await startCluster(build, own);
  const proxy = await startTcpProxy(cluster.redis.url.replace('unix://', ''));
  try {
    await startAll(cluster, { REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
    const numbers = await deployNumbers(cluster, { rows: 20_000, rowsPerBatch: 10 });
    const run = await numbers.request();
    await until(async () => (await cluster.store.load(run)).plan !== null, 'the run is planned');
    await make(proxy);
    await expectRun(numbers, run);
  } finally {
    await cluster.stop();
    await proxy.stop();
  }
});
