import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { createRunStore, type RunState } from '@millrace/shared/runtime/run-store';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { queryRows } from '../support/published.ts';
import { until } from '../support/until.ts';
import { startCluster, type Cluster } from './harness/cluster.ts';
import { copyBuild, SHORT_LOCKS, type PrivateBuild } from './harness/private-build.ts';
import { deployNumbers, type Numbers } from './numbers-run.ts';

const STAGES = ['extractor', 'transformer', 'loader'] as const;

let folder: string;
let build: PrivateBuild;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'plan-')));
  build = await copyBuild(path.join(folder, 'build'), SHORT_LOCKS);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As a process sees it that remembers nothing: plans are read once by each. */
async function look({ bucket }: Cluster, run: string): Promise<RunState | null> {
  const store = createRunStore(await openFolderBucket(bucket));
  return store.load(run).catch(() => null);
}

/** Requests a run and takes the extractor away as soon as there is a plan, which then loses its first byte. */
async function breakPlan(cluster: Cluster, numbers: Numbers): Promise<string> {
  const extractor = cluster.start('extractor');
  const run = await numbers.request();
  const plan = path.join(cluster.bucket, bucketLayout.plan(run));
  await until(() => existsSync(plan), 'the run is planned');
  await extractor.kill('SIGKILL');
  await damage(plan);
  return run;
}

/** Takes its first byte. */
async function damage(file: string): Promise<void> {
  await writeFile(file, (await readFile(file)).subarray(1));
}

async function flush(cluster: Cluster): Promise<void> {
  const redis = await connectOrFail(cluster.redis.url);
  await redis.flushall();
  redis.disconnect();
}

it.concurrent.each([
  { name: 'waits in its queue', prepare: () => Promise.resolve() },
  { name: 'is lost', prepare: flush },
])(
  'a run whose plan is damaged and whose work $name ends, by name, and the next one is published',
  async ({ name, prepare }) => {
    const own = path.join(folder, name.split(' ', 1)[0] ?? '');
    await mkdir(own);
    const cluster = await startCluster(build, own);
    try {
      const numbers = await deployNumbers(cluster, { rows: 500, rowsPerBatch: 10 });
      const run = await breakPlan(cluster, numbers);
      await prepare(cluster);
      for (const service of STAGES) cluster.start(service);
      await until(async () => (await look(cluster, run))?.status === 'failed', 'the run has failed');
      const error = { code: 'record_corrupt', where: bucketLayout.plan(run) };
      expect((await look(cluster, run))?.failure).toMatchObject({ error });
      const { stdout, stderr } = await cluster.cli('status', run);
      expect(stdout + stderr).toContain(error.code);
      const next = await numbers.request();
      await numbers.published(next);
      expect(numbers.loaded(next)).toEqual(numbers.all);
      const history = () =>
        queryRows(numbers.database, `SELECT status, error_code FROM _millrace_runs WHERE run_id = '${run}'`);
      await until(() => history().length === 1, 'the failed run is in the history of its destination');
      expect(history()).toEqual([{ status: 'failed', error_code: error.code }]);
    } finally {
      expect(await cluster.stop()).toEqual([]);
    }
  },
  120_000,
);

/** As a loader leaves a run that is killed after it has decided to publish: before it commits, or after. */
async function leaveLoading(cluster: Cluster, numbers: Numbers, when: 'before' | 'after'): Promise<string> {
  const manifest = (run: string) => path.join(cluster.bucket, bucketLayout.manifest(run, 'load-1'));
  const workers = STAGES.map((service) => cluster.start(service));
  if (when === 'before') await workers[2]?.kill('SIGKILL');
  const run = await numbers.request();
  if (when === 'after') {
    await numbers.published(run);
    await unlink(manifest(run));
  } else {
    await until(async () => (await look(cluster, run))?.status === 'loading', 'the run waits for a loader');
    const decidedAt = new Date().toISOString();
    await cluster.store.decide({ v: 1, run, decision: 'publish', by: 'a loader that was killed', decidedAt });
  }
  await Promise.all(workers.filter((worker) => worker.isAlive()).map((worker) => worker.kill('SIGKILL')));
  return run;
}

it.concurrent.each([
  { name: 'decision', keyOf: bucketLayout.decision },
  { name: 'plan', keyOf: bucketLayout.plan },
])(
  'runs that had decided to publish and whose $name is damaged end: as failed, or published when their destination has them',
  async ({ name, keyOf }) => {
    const own = path.join(folder, name);
    await mkdir(own);
    const cluster = await startCluster(build, own);
    try {
      const numbers = await deployNumbers(cluster, { rows: 500, rowsPerBatch: 100 });
      const loaded = await leaveLoading(cluster, numbers, 'after');
      const unloaded = await leaveLoading(cluster, numbers, 'before');
      for (const run of [loaded, unloaded]) await damage(path.join(cluster.bucket, keyOf(run)));
      await flush(cluster);
      for (const service of STAGES) cluster.start(service);
      const statusOf = async (run: string) => (await look(cluster, run))?.status;
      await until(async () => (await statusOf(loaded)) === 'published', 'the loaded run is published');
      await until(async () => (await statusOf(unloaded)) === 'failed', 'the other run has failed');
      expect((await look(cluster, unloaded))?.failure?.error).toMatchObject({
        code: 'record_corrupt',
        where: keyOf(unloaded),
      });
      const { stdout, stderr } = await cluster.cli('status', unloaded);
      expect(stdout + stderr).toContain('record_corrupt');
      const next = await numbers.request();
      await numbers.published(next);
      const history = () =>
        queryRows(numbers.database, 'SELECT run_id, status, error_code FROM _millrace_runs ORDER BY run_id');
      await until(() => history().length === 3, 'all runs are in the history of their destination');
      expect(history()).toEqual([
        { run_id: loaded, status: 'published', error_code: null },
        { run_id: unloaded, status: 'failed', error_code: 'record_corrupt' },
        { run_id: next, status: 'published', error_code: null },
      ]);
      for (const run of [loaded, next]) expect(numbers.loaded(run)).toEqual(numbers.all);
      expect(numbers.loaded(unloaded)).toMatchObject({ rows: 0 });
    } finally {
      expect(await cluster.stop()).toEqual([]);
    }
  },
  120_000,
);
