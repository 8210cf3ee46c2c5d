import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { writeJson } from '@millrace/shared/contracts/read-json';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Service } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import { startCluster, type Cluster } from './harness/cluster.ts';
import { copyBuild, type Patch, type PrivateBuild } from './harness/private-build.ts';
import { spawnWorker, type WorkerProcess } from './harness/worker-process.ts';
import { deployNumbers, type Numbers } from './numbers-run.ts';

const SHARED = 'packages/shared/dist';
/**
 * A test has seconds; with half a minute each, a run would take minutes. Which of two workers gets a job that comes back is
 * chance: the newer one gets it soon only if it comes back often.
 */
const SOON: readonly Patch[] = [
  {
    file: `${SHARED}/runtime/process-job.js`,
    find: 'const TOO_NEW_DELAY_MS = 30_000',
    replace: 'const TOO_NEW_DELAY_MS = 500',
  },
  {
    file: `${SHARED}/adapters/bullmq-settings.js`,
    find: 'const BACKOFF_MAX_MS = 30 * SECOND',
    replace: 'const BACKOFF_MAX_MS = SECOND',
  },
];

const reads = (file: string): Patch => ({
  file: `${SHARED}/contracts/${file}.js`,
  find: 'v: z.literal(1)',
  replace: 'v: z.number()',
});
const writes = (file: string, find: string): Patch => ({
  file,
  find,
  replace: find.replace('v: 1', 'v: 2'),
});

/** What a next release could do: write messages that this one does not know, and read both. */
const NEW_MESSAGES: readonly Patch[] = [
  reads('messages/run-requested-v1'),
  reads('messages/task-ready-v1'),
  reads('messages/run-ended-v1'),
  {
    file: `${SHARED}/contracts/message.js`,
    find: 'MESSAGE_VERSION = 1',
    replace: 'MESSAGE_VERSION = 2',
  },
  writes(`${SHARED}/runtime/advance-run.js`, "v: 1, type: 'task_ready'"),
  writes(`${SHARED}/runtime/request-run.js`, "v: 1,\n            type: 'run_requested'"),
];

/** Likewise with plans and manifests. */
const NEW_FILES: readonly Patch[] = [
  reads('plan-v1'),
  { file: `${SHARED}/contracts/plan-v1.js`, find: 'readJson(planV1, 1,', replace: 'readJson(planV1, 2,' },
  writes('packages/sources/dist/plan/run-planner.js', 'v: 1,'),
  reads('manifest-v1'),
  {
    file: `${SHARED}/contracts/manifest-v1.js`,
    find: 'readJson(manifestV1, 1,',
    replace: 'readJson(manifestV1, 2,',
  },
  writes(`${SHARED}/runtime/do-task.js`, 'v: 1,'),
];

const NEW_LEDGER: Patch = {
  file: `${SHARED}/core/ledger-schema.js`,
  find: 'LEDGER_VERSION = 1',
  replace: 'LEDGER_VERSION = 2',
};
const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];

let folder: string;
let older: PrivateBuild;
let newMessages: PrivateBuild;
let newFiles: PrivateBuild;
let newLedger: PrivateBuild;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'upgrade-')));
  older = await copyBuild(path.join(folder, 'older'), SOON);
  newMessages = await copyBuild(path.join(folder, 'messages'), [...SOON, ...NEW_MESSAGES]);
  newFiles = await copyBuild(path.join(folder, 'files'), [...SOON, ...NEW_FILES]);
  newLedger = await copyBuild(path.join(folder, 'ledger'), [...SOON, NEW_LEDGER]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Scene {
  readonly cluster: Cluster;
  readonly numbers: Numbers;
  start(build: PrivateBuild, ...services: Service[]): Promise<WorkerProcess[]>;
}

async function inScene(
  name: string,
  action: (scene: Scene) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(path.join(folder, name));
  const cluster = await startCluster(older, path.join(folder, name));
  const started: WorkerProcess[] = [];
  const start = async (build: PrivateBuild, ...services: Service[]) => {
    const environment = { ...environmentOf(cluster), ...settings };
    const workers = services.map((service) =>
      spawnWorker(
        service,
        build.service(service),
        environment,
        path.join(cluster.folder, `${service}-${started.length}.log`),
      ),
    );
    started.push(...workers);
    await until(() => workers.every((worker) => worker.isReady()), 'the workers are ready');
    return workers;
  };
  try {
    const numbers = await deployNumbers(cluster, { rows: 1000, rowsPerBatch: 100 });
    await action({ cluster, numbers, start });
    expect(started.flatMap(({ lines }) => lines).filter(({ level }) => Number(level) >= 50)).toEqual([]);
  } finally {
    await Promise.all(started.map((worker) => worker.kill('SIGKILL')));
    await cluster.stop();
  }
}

function environmentOf(cluster: Cluster): NodeJS.ProcessEnv {
  return {
    ...process.env,
    REDIS_URL: cluster.redis.url,
    MILLRACE_HOME: path.join(cluster.folder, 'home'),
    MILLRACE_RECONCILE_EVERY_MS: '500',
  };
}

async function requestBy(build: PrivateBuild, { cluster, numbers }: Scene): Promise<string> {
  const env = environmentOf(cluster);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [build.cli, 'run', numbers.pipeline, '--json'],
    {
      env,
      cwd: cluster.folder,
    },
  );
  return (JSON.parse(stdout) as { run: string }).run;
}

const says = (worker: WorkerProcess | undefined, text: string) =>
  until(
    () => worker?.lines.some(({ msg }) => String(msg).includes(text)) === true,
    `a worker says '${text}'`,
  );

const TOO_NEW = 'put aside: Written in version 2, this process knows 1.';

/** Looks into the destination and not into the bucket, whose files this process may be too old for. */
async function expectLoaded({ numbers }: Scene, run: string): Promise<void> {
  await until(() => {
    try {
      return numbers.loaded(run)['rows'] !== 0;
    } catch {
      // The table is made by the load.
      return false;
    }
  }, `run ${run} is in its destination`);
  expect(numbers.loaded(run)).toEqual(numbers.all);
}

describe('workers of two versions, side by side,', () => {
  it('leave messages of the newer one to it', async () => {
    const leave = async (scene: Scene) => {
      const [oldExtractor] = await scene.start(older, ...SERVICES);
      const run = await requestBy(newMessages, scene);
      await says(oldExtractor, TOO_NEW);
      expect(await scene.cluster.store.load(run)).toMatchObject({ status: 'requested', failure: null });
      const newer = await scene.start(newMessages, ...SERVICES);
      await scene.numbers.published(run);
      await expectLoaded(scene, run);
      const { manifests } = await scene.cluster.store.load(run);
      for (const { worker } of manifests.values())
        expect(newer.some(({ pid }) => worker.includes(`-${pid}-`))).toBe(true);
    };
    // An older worker that looks for lost jobs between a newer one's plan and its messages adds them in its own version,
    // and may do them then.
    await inScene('m', leave, { MILLRACE_RECONCILE_EVERY_MS: '3600000' });
  });

  it('leave plans and manifests of the newer one to it', async () => {
    await inScene('f', async (scene) => {
      await scene.start(newFiles, 'extractor');
      const [oldTransformer] = await scene.start(older, 'transformer', 'loader');
      const run = await requestBy(older, scene);
      await says(oldTransformer, TOO_NEW);
      await scene.start(newFiles, 'transformer', 'loader');
      await expectLoaded(scene, run);
    });
  });

  it('go on with what the older one began', async () => {
    await inScene('o', async (scene) => {
      await scene.start(older, 'extractor');
      const run = await requestBy(older, scene);
      await until(
        async () => (await scene.cluster.store.load(run)).status === 'transforming',
        'all is extracted',
      );
      await scene.start(newFiles, 'transformer', 'loader');
      await expectLoaded(scene, run);
    });
  });

  it('leave a decision of the newer one to it, and do nothing for that run meanwhile', async () => {
    await inScene('d', async (scene) => {
      const run = await scene.numbers.request();
      const decision = path.join(scene.cluster.bucket, bucketLayout.decision(run));
      await writeFile(decision, writeJson({ v: 2, run, decision: 'publish later' }));
      const [extractor] = await scene.start(older, ...SERVICES);
      await says(extractor, TOO_NEW);
      expect(await scene.cluster.store.done(run)).toEqual(new Set());
      await rm(decision);
      await expectLoaded(scene, run);
    });
  });

  it('leave a destination to the newer one that has written there, naming both versions', async () => {
    await inScene('l', async (scene) => {
      const db = new Database(scene.numbers.database);
      db.exec(`CREATE TABLE _millrace_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        INSERT INTO _millrace_meta VALUES ('schema_version', '2')`);
      db.close();
      const [, , loader] = await scene.start(older, ...SERVICES);
      const run = await requestBy(older, scene);
      await says(loader, 'millrace tables of version 2, this process knows version 1');
      await scene.start(newLedger, 'loader');
      await expectLoaded(scene, run);
    });
  });
});
