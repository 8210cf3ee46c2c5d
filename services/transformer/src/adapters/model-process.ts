import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { fromErrorRecord } from '@millrace/shared/core/errors';

import { readModelReport, type Order, type ResultOf } from '../contracts/model-order.ts';
import { processEnded, residentLimit, tookTooLong, tookTooMuch, type Subject } from '../core/model-ended.ts';
import { residentBytes } from './resident-bytes.ts';

/** A process that runs models and checks, one order at a time. */
export interface ModelProcess {
  /**
   * Resolves with what the order gave. Rejects with what went wrong, or with the signal's reason, once the process
   * is gone: then nobody writes to the order's files any more.
   */
  run<O extends Order>(order: O, timeoutMs: number, signal: AbortSignal): Promise<ResultOf<O>>;
  /** Whether it is fit for another model: it lives, and has not grown. */
  isFit(): Promise<boolean>;
  end(): void;
}

const MEBIBYTE = 1024 * 1024;
/** What a large model took is not given back before the process ends; small ones leave it below 150 MiB. */
const FIT_BYTES = 256 * MEBIBYTE;
/** Models were seen to take up to 1 GiB in a second: some 50 MiB may be taken between two looks. */
const LOOK_EVERY_MS = 50;

/** Started without an environment: a model is to find no password there. */
export function startModelProcess(): ModelProcess {
  // As built: a process runs JavaScript.
  const child = fork(fileURLToPath(new URL('../model-main.js', import.meta.url)), [String(process.pid)], {
    env: {},
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let startError: Error | null = null;
  child.on('error', (error) => {
    startError ??= error;
  });
  refer(child, false);
  return {
    async run(order, timeoutMs, signal) {
      if (child.pid === undefined) throw processEnded(subjectOf(order), String(startError ?? 'not started'));
      refer(child, true);
      try {
        return await runGuarded(child, child.pid, order, timeoutMs, signal);
      } finally {
        refer(child, false);
      }
    },
    async isFit() {
      const bytes = child.connected && child.pid !== undefined ? await residentBytes(child.pid) : null;
      return bytes !== null && bytes <= FIT_BYTES;
    },
    end: () => void child.kill('SIGKILL'),
  };
}

/** An idle process is no reason for its worker to stay. */
function refer(child: ChildProcess, referenced: boolean): void {
  for (const handle of [child, child.channel]) {
    if (referenced) handle?.ref();
    else handle?.unref();
  }
}

/**
 * Ends the process at any failure, by SIGKILL: a request to stop is heeded by an engine between two steps of its own,
 * which may never come, and whatever it leaves is removed by others in any case.
 */
async function runGuarded<O extends Order>(
  child: ChildProcess,
  pid: number,
  order: O,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ResultOf<O>> {
  const subject = subjectOf(order);
  let reason: unknown = null;
  const endFor = (why: unknown) => {
    reason ??= why;
    child.kill('SIGKILL');
  };
  const onAbort = () => endFor(signal.reason);
  const limitBytes = residentLimit(order.engine.memoryLimitBytes);
  const look = async () => {
    const bytes = await residentBytes(pid);
    if (bytes !== null && bytes > limitBytes) endFor(tookTooMuch(subject, bytes, limitBytes));
  };
  const timer = setTimeout(() => endFor(tookTooLong(subject, timeoutMs)), timeoutMs);
  const looking = setInterval(() => void look(), LOOK_EVERY_MS);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    return await ask(child, order);
  } catch (error) {
    endFor(error);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    throw reason;
  } finally {
    clearTimeout(timer);
    clearInterval(looking);
    signal.removeEventListener('abort', onAbort);
  }
}

async function ask<O extends Order>(child: ChildProcess, order: O): Promise<ResultOf<O>> {
  try {
    const message = await new Promise<unknown>((resolve, reject) => {
      const give = (how: string | number) => reject(processEnded(subjectOf(order), how));
      child.once('message', resolve);
      child.once('exit', (exitCode, endedBy) => give(endedBy ?? exitCode ?? 'unknown'));
      child.send(order, (error) => {
        if (error !== null) give(error.message);
      });
    });
    const report = readModelReport(message);
    // The process answers what it was asked.
    if (report.kind === 'done') return report.result as ResultOf<O>;
    const error = fromErrorRecord(report.error);
    if (report.stack !== undefined) error.stack = report.stack;
    throw error;
  } finally {
    child.removeAllListeners('message');
    child.removeAllListeners('exit');
  }
}

function subjectOf(order: Order): Subject {
  return 'model' in order
    ? { title: `Model '${order.model.name}'`, file: order.model.file }
    : { title: `The check of '${order.table}'`, file: `table ${order.table}` };
}
