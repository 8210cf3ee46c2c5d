import { parentPort } from 'node:worker_threads';

import { fromErrorRecord, toErrorRecord } from '@millrace/shared/core/errors';

import { loadIntoSqlite, type LoadOutcome } from './adapters/sqlite-load.ts';
import { recordRunInSqlite } from './adapters/sqlite-record.ts';
import type { ThreadAnswer, ThreadOrder, ThreadReport } from './adapters/sqlite-thread.ts';

/** How long to wait for another process to release the database, before the job is put back and tried later. */
const LOCK_WAIT_MS = 30_000;
/** Progress is for people; more often would only cost. */
const REPORT_EVERY_MS = 100;

/** Called with what the owner of the thread says to a claim. */
let onAnswer: ((answer: ThreadAnswer) => void) | null = null;

function say(report: ThreadReport): void {
  parentPort?.postMessage(report);
}

function throwIfStopped(stopFlag: Int32Array): void {
  if (Atomics.load(stopFlag, 0) === 1) throw new Error('Stopped before the run was published.');
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

async function claimPublish(): Promise<void> {
  const answered = new Promise<ThreadAnswer>((resolve) => {
    onAnswer = resolve;
  });
  say({ kind: 'claim' });
  const { refusal } = await answered;
  if (refusal !== null) throw fromErrorRecord(refusal);
}

/** Says once that another process has the database. */
function blockedReporter(): () => void {
  let isSaid = false;
  return () => {
    if (!isSaid) say({ kind: 'blocked' });
    isSaid = true;
  };
}

async function doWork({ work, stop }: ThreadOrder): Promise<LoadOutcome | null> {
  const stopFlag = new Int32Array(stop);
  const wait = {
    lockWaitMs: LOCK_WAIT_MS,
    throwIfStopped: () => throwIfStopped(stopFlag),
    onBlocked: blockedReporter(),
  };
  if (work.kind === 'load') {
    const onNotice = (notice: string) => say({ kind: 'notice', notice });
    return loadIntoSqlite(work.order, { onRows: progressReporter(), onNotice, claimPublish }, wait);
  }
  await recordRunInSqlite(work.order, wait);
  return null;
}

async function obey(order: ThreadOrder): Promise<void> {
  try {
    say({ kind: 'done', outcome: await doWork(order) });
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined;
    say({ kind: 'failed', error: toErrorRecord(error), stack });
  }
}

parentPort?.on('message', (message: ThreadOrder | ThreadAnswer) => {
  if ('work' in message) void obey(message);
  else onAnswer?.(message);
});
