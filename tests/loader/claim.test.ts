import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createLoadHandler } from '@millrace/loader/dist/handle-load.js';
import { createRunEndedHandler } from '@millrace/loader/dist/handle-run-ended.js';
import { runId, storeTable } from '@millrace/loader/dist/testing/load-order.js';
import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { writeJson } from '@millrace/shared/contracts/read-json';
import type { BatchReference } from '@millrace/shared/core/batch';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { fail } from '@millrace/shared/core/errors';
import type { Manifest } from '@millrace/shared/core/manifest';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { Plan } from '@millrace/shared/core/plan';
import type { LoadTask, Task } from '@millrace/shared/core/task';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { TaskQueue } from '@millrace/shared/ports/queue';
import { readConfig } from '@millrace/shared/runtime/config';
import { failRun } from '@millrace/shared/runtime/fail-run';
import { createLogger } from '@millrace/shared/runtime/logger';
import { createRunStore, type RunStore } from '@millrace/shared/runtime/run-store';
import { makeManifest, makePlan, makeRequest } from '@millrace/shared/testing/make-plan';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const RUN = runId(1);
const ROWS = 20_000;
const never = new AbortController().signal;
const logger = createLogger({ logLevel: 'silent' }, 'load');

let folder: string;
let bucket: Bucket;
let store: RunStore;
let plan: Plan;
let model: Manifest;
let destinations: Record<'sqlite' | 'files', Destination>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-claim-'));
  bucket = await openFolderBucket(path.join(folder, 'bucket'));
  store = createRunStore(bucket);
  destinations = {
    sqlite: { type: 'sqlite', path: path.join(folder, 'final.db') },
    files: { type: 'files', path: path.join(folder, 'files'), format: 'csv' },
  };
  const made = await storeTable(path.join(folder, 'made'), 'sales', { kind: 'append' }, [
    `SELECT range AS id FROM range(${ROWS})`,
  ]);
  const batches: BatchReference[] = [];
  for (const [index, file] of made.paths.entries()) {
    const draft = await bucket.draft(bucketLayout.modeled(RUN, 'sales', 'a1', index));
    await copyFile(file, draft.path);
    batches.push(await draft.seal(made.rows));
  }
  const { columns, rows } = made;
  model = makeManifest({ ...makePlan(), run: RUN }, 'model-sales', {
    kind: 'model',
    outputs: [{ table: 'sales', columns, rows, batches }],
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A run of which only the loads are left. */
async function planRun(...into: Destination[]): Promise<void> {
  const loads = into.map((_, index): LoadTask => ({
    id: `load-${index}`,
    kind: 'load',
    destination: index,
    dependsOn: [model.task],
  }));
  const made: Task = { id: model.task, kind: 'model', model: 'sales', dependsOn: [] };
  plan = {
    ...makePlan(),
    run: RUN,
    inputs: [],
    models: [
      { name: 'sales', sql: 'SELECT 1', file: 'models/sales.sql', dependsOn: [], load: { kind: 'append' } },
    ],
    destinations: into,
    tasks: [made, ...loads],
  };
  await bucket.createIfAbsent(bucketLayout.request(RUN), writeJson(makeRequest(plan)));
  await store.commitPlan(plan);
  await store.commitManifest(model);
}

function load(destination: number, using: { store?: RunStore } = {}) {
  const config = readConfig({ MILLRACE_HOME: path.join(folder, 'home') });
  const handler = createLoadHandler({ config, logger, store: using.store ?? store, worker: 'load-1' });
  const task = plan.tasks[1 + destination];
  if (task === undefined) throw new Error('No such load.');
  return handler({
    plan,
    request: makeRequest(plan),
    task,
    inputs: new Map([[model.task, model]]),
    bucket,
    attempt: 'a1',
    signal: never,
    onProgress: () => undefined,
  });
}

const decide = (decision: 'publish' | 'cancel') =>
  store.decide({ v: 1, run: RUN, decision, by: 'somebody', decidedAt: '2026-11-22T06:00:07.000Z' });

async function rowsIn(destination: Destination): Promise<number> {
  const reader = openDestinationReader(destination);
  try {
    return (await reader.tables()).find(({ table }) => table === 'sales')?.rows ?? 0;
  } finally {
    await reader.close();
  }
}

describe.each(['sqlite', 'files'] as const)('a run for a destination of type %s', (type) => {
  beforeEach(() => planRun(destinations[type]));

  test('that was cancelled before its load began is not published', async () => {
    await decide('cancel');
    await expect(load(0)).rejects.toMatchObject({ code: 'run_cancelled' });
    expect(await rowsIn(destinations[type])).toBe(0);
    // Nor is anything left of it.
    if (type === 'files') expect(await readdir(path.join(folder, 'files'))).toEqual(['runs']);
  });

  test('that is cancelled at the last moment, when all rows are written, is not published', async () => {
    const slow: RunStore = {
      ...store,
      decide: async (wish) => {
        expect(wish.decision).toBe('publish');
        await decide('cancel');
        return store.decide(wish);
      },
    };
    await expect(load(0, { store: slow })).rejects.toMatchObject({ code: 'run_cancelled' });
    expect(await rowsIn(destinations[type])).toBe(0);
    expect((await store.load(RUN)).status).toBe('cancelled');
  });

  test('that has been claimed is published, and whoever would cancel it then finds that', async () => {
    const late: RunStore = {
      ...store,
      decide: async (wish) => {
        const standing = await store.decide(wish);
        expect((await decide('cancel')).decision).toBe('publish');
        return standing;
      },
    };
    expect((await load(0, { store: late })).loaded).toMatchObject({ already: false });
    expect(await rowsIn(destinations[type])).toBe(ROWS);
  });

  test('is not published while nobody can say whether it was cancelled', async () => {
    const failing: RunStore = {
      ...store,
      decide: () => Promise.reject(fail('bucket_unavailable', { message: 'No space left.' })),
    };
    await expect(load(0, { store: failing })).rejects.toMatchObject({ code: 'bucket_unavailable' });
    expect(await rowsIn(destinations[type])).toBe(0);
    expect((await load(0)).loaded).toMatchObject({ already: false });
  });

  test('whose loader is killed between the claim and the publishing is published by the next attempt', async () => {
    await killAfterClaim();
    expect((await store.decision(RUN))?.decision).toBe('publish');
    expect(await rowsIn(destinations[type])).toBe(0);
    expect((await decide('cancel')).decision).toBe('publish');
    expect((await load(0)).loaded).toMatchObject({ already: false });
    expect(await rowsIn(destinations[type])).toBe(ROWS);
  });

  test('that is in its destination is not recorded as failed, but its manifest is written', async () => {
    const { loaded } = await load(0);
    expect(await endWith(0)).toBe(false);
    expect(await store.failure(RUN, 1)).toBeNull();
    expect((await store.manifest(RUN, 'load-0'))?.loaded).toEqual({
      ...loaded,
      inserted: null,
      already: true,
    });
    expect((await store.load(RUN)).status).toBe('published');
  });

  test('that was claimed but is not in its destination fails as any other', async () => {
    await decide('publish');
    expect(await endWith(0)).toBe(true);
    expect((await store.load(RUN)).status).toBe('failed');
  });

  test('that was cancelled is in the history once, and a late failure changes nothing', async () => {
    await decide('cancel');
    expect(await endWith(0)).toBe(false);
    const ended = createRunEndedHandler({ bucket, store });
    for (let times = 0; times < 2; times += 1)
      await ended({ v: 1, type: 'run_ended', run: RUN, round: 1 }, logger, never);
    const reader = openDestinationReader(destinations[type]);
    expect(await reader.runs(10)).toMatchObject([
      {
        run: RUN,
        status: 'cancelled',
        error: null,
        rowsLoaded: 0,
        endedAt: '2026-11-22T06:00:07.000Z',
        durationMs: 7000,
      },
    ]);
    await reader.close();
  });
});

test('the first load of a run decides for all of its destinations', async () => {
  await planRun(destinations.sqlite, destinations.files);
  await load(0);
  expect((await decide('cancel')).decision).toBe('publish');
  expect((await load(1)).loaded).toMatchObject({ already: false });
  expect(await Promise.all([destinations.sqlite, destinations.files].map(rowsIn))).toEqual([ROWS, ROWS]);
});

test('a run is not recorded as failed while its destination cannot be asked', async () => {
  await planRun(destinations.sqlite);
  await load(0);
  await rm(path.join(folder, 'final.db'));
  await writeFile(
    path.join(folder, 'final.db'),
    'no database, but as long as the head of one has to be'.repeat(20),
  );
  await expect(endWith(0)).rejects.toThrow();
  expect(await store.failure(RUN, 1)).toBeNull();
});

/** What becomes of a load whose attempts are used up. @returns whether the run has failed */
function endWith(destination: number): Promise<boolean> {
  const queue = { add: () => Promise.resolve() } as Pick<TaskQueue, 'add'> as TaskQueue;
  const error = fail('batch_missing', { message: 'Gone.' });
  const task = `load-${destination}`;
  return failRun(store, queue, { run: RUN, round: 1, task, error, attempts: 5, worker: 'load-1' });
}

/** Loads in a process of its own, which ends by SIGKILL as soon as it has claimed the run. */
async function killAfterClaim(): Promise<void> {
  const url = (module: string) => JSON.stringify(import.meta.resolve(module));
  const main = path.join(folder, 'load.mjs');
  await writeFile(
    main,
    `import { createLoadHandler } from ${url('@millrace/loader/dist/handle-load.js')};
    import { openFolderBucket } from ${url('@millrace/shared/adapters/bucket-folder')};
    import { readConfig } from ${url('@millrace/shared/runtime/config')};
    import { createRunStore } from ${url('@millrace/shared/runtime/run-store')};
    const { root, home, context, inputs } = JSON.parse(process.argv[2]);
    const bucket = await openFolderBucket(root);
    const store = createRunStore(bucket);
    const decide = async (wish) => {
      await store.decide(wish);
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined);
    };
    const config = readConfig({ MILLRACE_HOME: home });
    const load = createLoadHandler({ config, logger: console, store: { ...store, decide }, worker: 'load-1' });
    const { signal } = new AbortController();
    await load({ ...context, inputs: new Map(inputs), bucket, attempt: 'a0', signal, onProgress() {} });`,
  );
  const given = {
    root: path.join(folder, 'bucket'),
    home: path.join(folder, 'home'),
    context: { plan, request: makeRequest(plan), task: plan.tasks[1] },
    inputs: [[model.task, model]],
  };
  const child = spawn(process.execPath, [main, JSON.stringify(given)], { stdio: 'inherit' });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe('SIGKILL');
}
