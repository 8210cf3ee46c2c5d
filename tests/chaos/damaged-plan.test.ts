import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
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
  await writeFile(plan, (await readFile(plan)).subarray(1));
  return run;
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
      for (const service of ['extractor', 'transformer', 'loader'] as const) cluster.start(service);
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
