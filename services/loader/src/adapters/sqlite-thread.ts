import { Worker } from 'node:worker_threads';

import { fail, fromErrorRecord, toErrorRecord, type ErrorRecord } from '@millrace/shared/core/errors';

import type { LoadHooks, LoadOrder, LoadOutcome } from './sqlite-load.ts';
import type { RecordOrder } from './sqlite-record.ts';

/** What the thread is started with. */
export interface ThreadData {
  readonly work:
    | { readonly kind: 'load'; readonly order: LoadOrder }
    | { readonly kind: 'record'; readonly order: RecordOrder };
  /** One Int32 that becomes 1 when the thread shall stop: it is busy in SQLite and would not see a message. */
  readonly stop: SharedArrayBuffer;
}

/** What the thread says. The last message is `done` or `failed`. */
export type ThreadReport =
  /** Asks to publish, and waits for a `ThreadAnswer`. */
  | { readonly kind: 'claim' }
  | { readonly kind: 'rows'; readonly rows: number }
  | { readonly kind: 'notice'; readonly notice: string }
  /** Another process has the database. */
  | { readonly kind: 'blocked' }
  | { readonly kind: 'done'; readonly outcome: LoadOutcome | null }
  | { readonly kind: 'failed'; readonly error: ErrorRecord; readonly stack: string | undefined };

/** What the thread is told when it asks to publish: the error that forbids it, or null. */
export interface ThreadAnswer {
  readonly refusal: ErrorRecord | null;
}

export interface ThreadHooks extends LoadHooks {
  /** Called once while another process has the database locked; how long it will take, nobody knows. */
  readonly onBlocked: () => void;
}

/** Publishes in a thread, because SQLite blocks the thread it works in, and a worker must keep its lock renewed. */
export async function loadInThread(
  order: LoadOrder,
  signal: AbortSignal,
  hooks: ThreadHooks,
): Promise<LoadOutcome> {
  const outcome = await runThread({ kind: 'load', order }, signal, hooks);
  if (outcome === null)
    throw fail('internal', { message: 'The load thread ended without saying what it did.' });
  return outcome;
}

/** Records a run that was not published in a thread, because it may have to wait for the database. */
export async function recordInThread(order: RecordOrder): Promise<void> {
  const silent = {
    onRows: () => undefined,
    onNotice: () => undefined,
    onBlocked: () => undefined,
    claimPublish: () => Promise.resolve(),
  };
  await runThread({ kind: 'record', order }, new AbortController().signal, silent);
}

function runThread(
  work: ThreadData['work'],
  signal: AbortSignal,
  hooks: ThreadHooks,
): Promise<LoadOutcome | null> {
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const onAbort = () => void Atomics.store(new Int32Array(stop), 0, 1);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  const workerData: ThreadData = { work, stop };
  // As built: a thread runs JavaScript.
  const thread = new Worker(new URL('../sqlite-load-thread.js', import.meta.url), { workerData });
  let last: Extract<ThreadReport, { kind: 'done' | 'failed' }> | null = null;
  return new Promise<LoadOutcome | null>((resolve, reject) => {
    thread.on('message', (report: ThreadReport) => {
      if (report.kind === 'rows') hooks.onRows(report.rows);
      else if (report.kind === 'notice') hooks.onNotice(report.notice);
      else if (report.kind === 'blocked') hooks.onBlocked();
      else if (report.kind === 'claim') void claim(hooks).then((answer) => thread.postMessage(answer));
      else last = report;
    });
    thread.on('error', reject);
    // Settled at the exit and not before: what the caller does next may need the files that the thread had open.
    thread.on('exit', (exitCode) => {
      if (last?.kind === 'done') resolve(last.outcome);
      else if (last?.kind === 'failed') reject(withStack(last.error, last.stack));
      else reject(fail('internal', { message: `The load thread ended with exit code ${exitCode}.` }));
    });
  }).finally(() => signal.removeEventListener('abort', onAbort));
}

async function claim({ claimPublish }: LoadHooks): Promise<ThreadAnswer> {
  try {
    await claimPublish();
    return { refusal: null };
  } catch (error) {
    return { refusal: toErrorRecord(error) };
  }
}

function withStack(record: ErrorRecord, stack: string | undefined): Error {
  const error = fromErrorRecord(record);
  if (stack !== undefined) error.stack = stack;
  return error;
}
