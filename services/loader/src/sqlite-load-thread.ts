import { parentPort, workerData } from 'node:worker_threads';

import { toErrorRecord } from '@millrace/shared/core/errors';

import { loadIntoSqlite, type LoadOutcome } from './adapters/sqlite-load.ts';
import { recordRunInSqlite } from './adapters/sqlite-record.ts';
import type { ThreadData, ThreadReport } from './adapters/sqlite-thread.ts';

/** How long to wait for another process to release the database, before the job is put back and tried later. */
const LOCK_WAIT_MS = 30_000;
/** Progress is for people; more often would only cost. */
const REPORT_EVERY_MS = 100;

const { work, stop } = workerData as ThreadData;
const stopFlag = new Int32Array(stop);

function say(report: ThreadReport): void {
  parentPort?.postMessage(report);
}

function throwIfStopped(): void {
  if (Atomics.load(stopFlag, 0) === 1) throw new Error('Stopped: this worker shuts down.');
}

function progressReporter(): (rows: number) => void {
  let reportedAt = 0;
  return (rows) => {
    const now = performance.now();
    if (now - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = now;
    say({ kind: 'rows', rows });
  };
}

async function doWork(): Promise<LoadOutcome | null> {
  const wait = { lockWaitMs: LOCK_WAIT_MS, throwIfStopped };
  if (work.kind === 'load') {
    const onNotice = (notice: string) => say({ kind: 'notice', notice });
    return loadIntoSqlite(work.order, { onRows: progressReporter(), onNotice }, wait);
  }
  await recordRunInSqlite(work.order, wait);
  return null;
}

try {
  say({ kind: 'done', outcome: await doWork() });
} catch (error) {
  const stack = error instanceof Error ? error.stack : undefined;
  say({ kind: 'failed', error: toErrorRecord(error), stack });
}
