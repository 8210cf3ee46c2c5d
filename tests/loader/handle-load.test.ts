import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
import type { Manifest, TaskResult } from '@millrace/shared/core/manifest';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { Plan } from '@millrace/shared/core/plan';
import type { RunFailure } from '@millrace/shared/core/run';
import type { LoadTask } from '@millrace/shared/core/task';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { readConfig } from '@millrace/shared/runtime/config';
import { createLogger } from '@millrace/shared/runtime/logger';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import { makeManifest, makePlan, makeRequest } from '@millrace/shared/testing/make-plan';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const RUN = runId(1);
const never = new AbortController().signal;

let folder: string;
let bucket: Bucket;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-handle-'));
  bucket = await openFolderBucket(path.join(folder, 'bucket'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const shop = { ...makePlan(), run: RUN };
const request = makeRequest(shop);

function planOf(destinations: readonly Destination[]): Plan {
  const loads = destinations.map((_, index): LoadTask => ({
    id: `load-${index}`,
    kind: 'load',
    destination: index,
    dependsOn: ['sales', 'read'],
  }));
  return {
    ...shop,
    inputs: shop.inputs.slice(0, 1),
    models: [
      { name: 'sales', sql: 'SELECT 1', file: 'models/sales.sql', dependsOn: [], load: { kind: 'append' } },
      { name: 'draft', sql: 'SELECT 1', file: 'models/draft.sql', dependsOn: [], load: null },
    ],
    destinations,
    tasks: loads,
  };
}

const read = makeManifest(shop, 'read', {
  extracted: {
    files: [{ input: 0, seen: 4, accepted: 3, rejected: 1, blank: 0 }],
    rejects: { records: 1, byReason: { type_mismatch: 1 }, batches: [] },
    fingerprint: null,
    reused: null,
  },
});

async function modelled(queries: readonly string[]): Promise<Manifest> {
  const made = await storeTable(path.join(folder, 'made'), 'sales', { kind: 'append' }, queries);
  const batches: BatchReference[] = [];
  for (const [index, file] of made.paths.entries()) {
    const draft = await bucket.draft(bucketLayout.modeled(RUN, 'sales', 'a1', index));
    await copyFile(file, draft.path);
    batches.push(await draft.seal(made.rows / queries.length));
  }
  const { columns, rows } = made;
  return makeManifest(shop, 'sales', {
    kind: 'model',
    outputs: [{ table: 'sales', columns, rows, batches }],
  });
}

async function handle(plan: Plan, manifests: readonly Manifest[], attempt = 'a1'): Promise<TaskResult[]> {
  const config = readConfig({ MILLRACE_HOME: path.join(folder, 'home') });
  const logger = createLogger({ logLevel: 'silent' }, 'load');
  const handler = createLoadHandler({ config, logger, store: createRunStore(bucket), worker: 'load-1' });
  await bucket.createIfAbsent(bucketLayout.plan(RUN), writeJson(plan));
  const inputs = new Map(manifests.map((manifest) => [manifest.task, manifest]));
  const results: TaskResult[] = [];
  for (const task of plan.tasks) {
    results.push(
      await handler({
        plan,
        request,
        task,
        inputs,
        bucket,
        attempt,
        signal: never,
        onProgress: () => undefined,
      }),
    );
  }
  return results;
}

describe('a run', () => {
  test('is published in each of its destinations, with the same rows and history', async () => {
    const plan = planOf([
      { type: 'sqlite', path: path.join(folder, 'final.db') },
      { type: 'files', path: path.join(folder, 'files'), format: 'csv' },
    ]);
    const manifests = [read, await modelled(['SELECT 1 AS id', 'SELECT 2 AS id'])];
    const results = await handle(plan, manifests);
    expect(results.map(({ loaded }) => loaded)).toMatchObject([
      { destination: 0, tables: { sales: 2 }, already: false },
      { destination: 1, tables: { sales: 2 }, already: false },
    ]);
    for (const destination of plan.destinations) {
      const reader = openDestinationReader(destination);
      expect((await reader.query('SELECT id FROM sales ORDER BY id', { maxRows: 9 })).rows).toEqual([
        [1],
        [2],
      ]);
      expect(await reader.run(RUN)).toMatchObject({
        record: {
          status: 'published',
          requestedAt: request.requestedAt,
          startedAt: plan.plannedAt,
          recordsSeen: 4,
          recordsRejected: 1,
          rowsLoaded: 2,
          bundle: request.bundle,
        },
        inputs: [{ path: '/data/orders-1.json', recordsSeen: 4, recordsAccepted: 3, recordsRejected: 1 }],
        tables: { sales: 2 },
      });
      await reader.close();
    }
    const repeated = await handle(plan, manifests, 'a2');
    expect(repeated.map(({ loaded }) => loaded)).toEqual(
      results.map(({ loaded }) => ({ ...loaded, inserted: null, already: true })),
    );
  });

  test('is not published from a batch that was changed', async () => {
    const plan = planOf([{ type: 'sqlite', path: path.join(folder, 'final.db') }]);
    const made = await modelled(['SELECT 1 AS id']);
    const stored = path.join(folder, 'bucket', made.outputs[0]?.batches[0]?.key ?? '');
    const bytes = await readFile(stored);
    bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30);
    await writeFile(stored, bytes);
    await expect(handle(plan, [read, made])).rejects.toMatchObject({ code: 'batch_corrupt', where: stored });
    const reader = openDestinationReader(plan.destinations[0] as Destination);
    expect(await reader.tables()).toEqual([]);
    await reader.close();
  });
});

test('a run that failed is in the history of each destination, once', async () => {
  const plan = planOf([
    { type: 'sqlite', path: path.join(folder, 'final.db') },
    { type: 'files', path: path.join(folder, 'files'), format: 'parquet' },
  ]);
  const failure: RunFailure = {
    v: 1,
    run: RUN,
    round: 1,
    task: 'read',
    error: { code: 'reject_limit', message: 'Too many were rejected.', where: null, hint: null },
    attempts: 1,
    worker: 'w',
    failedAt: '2026-11-22T06:00:05.000Z',
  };
  const store = createRunStore(bucket);
  await bucket.createIfAbsent(bucketLayout.request(RUN), writeJson(request));
  await store.commitPlan(plan);
  await store.commitManifest(read);
  await store.commitFailure(failure);
  const ended = createRunEndedHandler({ bucket, store });
  const logger = createLogger({ logLevel: 'silent' }, 'load');
  await ended({ v: 1, type: 'run_ended', run: RUN, round: 1 }, logger, never);
  await ended({ v: 1, type: 'run_ended', run: RUN, round: 1 }, logger, never);
  for (const destination of plan.destinations) {
    const reader = openDestinationReader(destination);
    expect(await reader.runs(10)).toMatchObject([
      {
        run: RUN,
        status: 'failed',
        error: { code: 'reject_limit', message: 'Too many were rejected.' },
        recordsSeen: 4,
        rowsLoaded: 0,
        endedAt: failure.failedAt,
        durationMs: 5000,
      },
    ]);
    await reader.close();
  }
});
