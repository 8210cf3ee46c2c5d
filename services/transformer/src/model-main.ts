import { Worker } from 'node:worker_threads';

import { toErrorRecord } from '@millrace/shared/core/errors';

import { checkTable } from './check-table.ts';
import { readOrder, type ModelReport } from './contracts/model-order.ts';
import type { WatchData } from './parent-watch-thread.ts';
import { runModel } from './run-model.ts';

/**
 * The process in which a transformer runs its models, one after another, so that one that takes too long or too much,
 * or that crashes the engine, can be ended without its worker. It has no Redis, no bucket and no environment.
 */
const workerData: WatchData = { parentPid: Number(process.argv[2]) };
const watch = new Worker(new URL('./parent-watch-thread.js', import.meta.url), { workerData });
// An idle process ends by itself when its channel closes.
watch.unref();

// Sent to the whole group by a terminal or a service manager: the worker decides when its model ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

process.on('message', (message) => void obey(message));

async function obey(message: unknown): Promise<void> {
  report(await answer(message));
}

async function answer(message: unknown): Promise<ModelReport> {
  try {
    const order = readOrder(message);
    const isModel = 'model' in order;
    const targets = isModel ? [order.target] : order.targets;
    watch.postMessage([order.engine.spillDir, ...targets.map(({ path }) => path)]);
    return { kind: 'done', result: isModel ? await runModel(order) : await checkTable(order) };
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined;
    return { kind: 'failed', error: toErrorRecord(error), stack };
  }
}

function report(result: ModelReport): void {
  process.send?.(result);
}
