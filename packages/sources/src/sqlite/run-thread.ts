import { on } from 'node:events';
import { Worker } from 'node:worker_threads';

import { fail, fromErrorRecord } from '@millrace/shared/core/errors';

import { memoryOf } from './packed-rows.ts';
import type { SqliteMessage, SqliteTask } from './sqlite-message.ts';

type Answered = Exclude<SqliteMessage, { kind: 'done' | 'failed' }>;

/**
 * Starts a thread for one task and yields what it says until it is done. Rows are answered when the next message
 * is asked for, so a slow consumer slows the thread down; their memory is then taken for other rows. A consumer that
 * leaves early, or `signal`, ends the thread. Throws what the thread threw, or the reason of the signal.
 */
export async function* runThread(task: SqliteTask, signal?: AbortSignal): AsyncGenerator<Answered, void> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL('./sqlite-thread.js', import.meta.url), {
    workerData: task,
    name: 'sqlite',
    // Rows are short-lived: without a limit V8 gives their thread 30 MB more, and it is no faster.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  try {
    const messages = on(worker, 'message', { close: ['exit'], ...(signal === undefined ? {} : { signal }) });
    for await (const [message] of messages as AsyncIterable<[SqliteMessage]>) {
      if (message.kind === 'done') return;
      if (message.kind === 'failed') throw fromErrorRecord(message.error);
      yield message;
      if (message.kind === 'rows') answer(worker, memoryOf(message));
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await end(worker, signal);
  }
  throw fail('internal', {
    message: 'The thread that reads SQLite ended without a word.',
    where: task.fileName,
    hint: 'The log of the worker may say why; most often it is memory.',
  });
}

function answer(worker: Worker, memory: ArrayBuffer[]): void {
  worker.postMessage(memory, memory);
}

/**
 * A thread inside SQLite ends only when SQLite comes back from its step. Whoever aborts does not wait for that;
 * neither shall the process.
 */
async function end(worker: Worker, signal: AbortSignal | undefined): Promise<void> {
  const ended = worker.terminate();
  if (signal?.aborted === true) worker.unref();
  else await ended;
}
