import { createHash } from 'node:crypto';

import { readCheckedRun } from '@millrace/shared/adapters/checked-run';
import { openBatches, overBatches } from '@millrace/shared/adapters/open-batches';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { runCancelled } from '@millrace/shared/core/cancel';
import { fail } from '@millrace/shared/core/errors';
import type { TaskResult } from '@millrace/shared/core/manifest';
import type { LoadTask, Task } from '@millrace/shared/core/task';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { TaskHandler } from '@millrace/shared/ports/task-handler';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';

import { publishFiles } from './adapters/files-publish.ts';
import type { LoadOrder, LoadOutcome } from './adapters/sqlite-load.ts';
import { loadInThread, warmThread } from './adapters/sqlite-thread.ts';
import { inputRecords, runFacts } from './core/run-facts.ts';
import { tablesToLoad, type StoredTable, type TableLoad } from './core/table-load.ts';

type Tools = Pick<ServiceTools, 'config' | 'logger' | 'store' | 'worker'>;

const BLOCKED = 'blocked: the database is locked by another process';

/** Publishes a run in one of its destinations: all of its tables and the record of it, at once or not at all. */
export function createLoadHandler({ config, logger, store, worker }: Tools): TaskHandler {
  return async (context) => {
    const task = requireLoad(context.task);
    const { plan, request, bucket, attempt, signal } = context;
    const destination = plan.destinations[task.destination];
    if (destination === undefined) {
      throw fail('message_invalid', {
        message: `The plan has no destination ${task.destination}.`,
        where: task.id,
      });
    }
    if (destination.type === 'sqlite') warmThread();
    const manifests = [...context.inputs.values()];
    const inputs = inputRecords(plan, manifests);
    const loads = tablesToLoad(plan, manifests);
    const order: LoadOrder = {
      path: destination.path,
      facts: runFacts(plan, request, inputs, await store.round(plan.run)),
      inputs,
      planSha256: await planHash(bucket, plan.run),
      tables: await openTables(bucket, loads, signal),
      replay: request.replay,
      checked: await readCheckedRun(bucket, { plan, manifests: context.inputs }, null),
      cursors: { planned: plan.cursors, destination: task.destination },
      engine: { memoryLimitBytes: config.memoryLimitBytes, threads: 1, spillDir: config.spillDir },
    };
    const onRows = (rows: number) => context.onProgress({ rows, batches: 0, rejected: 0 });
    const onNotice = (notice: string) => logger.info({ run: plan.run, task: task.id, attempt }, notice);
    const onBlocked = () => {
      onNotice(BLOCKED);
      context.onProgress({ rows: 0, batches: 0, rejected: 0, heldUpBy: BLOCKED });
    };
    const claimPublish = () => claim(store, plan.run, worker);
    const publish = () =>
      destination.type === 'sqlite'
        ? loadInThread(order, signal, { onRows, onNotice, onBlocked, claimPublish })
        : publishFiles(order, { format: destination.format, attempt, signal, onRows, claimPublish });
    const batches = loads.flatMap((table) => table.batches);
    const outcome = await overBatches(bucket, batches, signal, publish);
    if (outcome.already)
      logger.warn({ run: plan.run, task: task.id, attempt }, 'fenced: the run is published already');
    return result(task, outcome);
  };
}

/** Throws `run_cancelled` when a person came first. The first load of a run decides for all of its destinations. */
async function claim(store: Tools['store'], run: string, worker: string): Promise<void> {
  const decidedAt = new Date().toISOString();
  const standing = await store.decide({ v: 1, run, decision: 'publish', by: worker, decidedAt });
  if (standing.decision === 'cancel') throw runCancelled(standing);
}

function requireLoad(task: Task): LoadTask {
  if (task.kind === 'load') return task;
  throw fail('message_invalid', {
    message: `A task of kind ${task.kind} does not belong on this queue.`,
    where: task.id,
  });
}

/** Of the plan's bytes as they are stored, so that `sha256sum plan.json` shows the same. */
async function planHash(bucket: Bucket, run: string): Promise<string> {
  const key = bucketLayout.plan(run);
  const content = await bucket.read(key);
  if (content === null)
    throw fail('bucket_unavailable', { message: 'The plan of the run is gone.', where: key });
  return createHash('sha256').update(content).digest('hex');
}

/** Verifies size and hash of every batch before any of them is used. */
async function openTables(
  bucket: Bucket,
  tables: readonly TableLoad[],
  signal: AbortSignal,
): Promise<StoredTable[]> {
  const stored: StoredTable[] = [];
  for (const { batches, ...table } of tables) {
    stored.push({ ...table, paths: await openBatches(bucket, batches, signal) });
  }
  return stored;
}

function result(task: LoadTask, { publishedAt, tables, counts, already }: LoadOutcome): TaskResult {
  const inserted = counts?.map((count) => [count.table, count.inserted] as const) ?? null;
  return {
    reads: counts?.map(({ table, read }) => ({ table, rows: read })) ?? [],
    outputs: [],
    extracted: null,
    loaded: {
      destination: task.destination,
      inserted: inserted === null ? null : Object.fromEntries(inserted),
      tables,
      publishedAt,
      already,
    },
  };
}
