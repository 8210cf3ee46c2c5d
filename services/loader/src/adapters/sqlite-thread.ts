import { Worker } from 'node:worker_threads';

import { fail, fromErrorRecord, toErrorRecord, type ErrorRecord } from '@millrace/shared/core/errors';

import type { LoadHooks, LoadOrder, LoadOutcome } from './sqlite-load.ts';
import type { RecordOrder } from './sqlite-record.ts';

/** What the thread is to do next. */
export interface ThreadOrder {
  readonly work:
    | { readonly kind: 'load'; readonly order: LoadOrder }
    | { readonly kind: 'record'; readonly order: RecordOrder };
  /** One Int32 that becomes 1 when the thread shall stop: it is busy in SQLite and would not see a message. */
  readonly stop: SharedArrayBuffer;
}

/** What the thread says of an order. The last message is `done` or `failed`. */
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

/** A thread takes longer to start than a small run to load, so one is kept for the next; no longer, because of its memory. */
const KEPT_IDLE_MS = 60_000;

/** The thread that is kept, and what ends it. */
let kept: { readonly thread: Worker; readonly end: NodeJS.Timeout } | null = null;

function takeThread(): Worker {
  if (kept === null) return startThread();
  const { thread, end } = kept;
  kept = null;
  clearTimeout(end);
  unlisten(thread);
  thread.ref();
  return thread;
}

function startThread(): Worker {
  // As built: a thread runs JavaScript.
  return new Worker(new URL('../sqlite-load-thread.js', import.meta.url));
}

/** By name: with all listeners go those by which Node itself starts and stops the messages. */
function unlisten(thread: Worker): void {
  for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
}

/** An idle thread is no reason for its process to stay. */
function keepThread(thread: Worker): void {
  unlisten(thread);
  if (kept !== null) return void thread.terminate();
  const end = setTimeout(() => {
    kept = null;
    void thread.terminate();
  }, KEPT_IDLE_MS).unref();
  kept = { thread, end };
  thread.unref();
  thread.on('error', forget).on('exit', forget);
  function forget(): void {
    if (kept?.thread === thread) kept = null;
  }
}

/** Has a thread ready for the load that its caller prepares. */
export function warmThread(): void {
  if (kept === null) keepThread(startThread());
}

function runThread(
  work: ThreadOrder['work'],
  signal: AbortSignal,
  hooks: ThreadHooks,
): Promise<LoadOutcome | null> {
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const onAbort = () => void Atomics.store(new Int32Array(stop), 0, 1);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  const thread = takeThread();
  let failed: Extract<ThreadReport, { kind: 'failed' }> | null = null;
  return new Promise<LoadOutcome | null>((resolve, reject) => {
    thread.on('message', (report: ThreadReport) => {
      if (report.kind === 'rows') hooks.onRows(report.rows);
      else if (report.kind === 'notice') hooks.onNotice(report.notice);
      else if (report.kind === 'blocked') hooks.onBlocked();
      else if (report.kind === 'claim') void claim(hooks).then((answer) => thread.postMessage(answer));
      else if (report.kind === 'done') {
        keepThread(thread);
        resolve(report.outcome);
      } else {
        failed = report;
        // Not used again, because its state is not known.
        void thread.terminate();
      }
    });
    thread.on('error', reject);
    // Settled at the exit and not before: what the caller does next may need the files that the thread had open.
    thread.on('exit', (exitCode) => {
      if (failed !== null) reject(withStack(failed.error, failed.stack));
      else reject(fail('internal', { message: `The load thread ended with exit code ${exitCode}.` }));
    });
    const order: ThreadOrder = { work, stop };
    thread.postMessage(order);
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
