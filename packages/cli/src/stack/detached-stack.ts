import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { fail } from '@millrace/shared/core/errors';
import type { Config } from '@millrace/shared/runtime/config';

import { rotateLog } from './log-file.ts';
import { findStack, isStackAlive, type StackRecord } from './stack-file.ts';
import type { WorkerCounts } from './stack.ts';

const START_TIMEOUT_MS = 90_000;
const POLL_MS = 100;

/** Starts `millrace up` as a process that outlives this one, and waits until its stack is ready. */
export async function startDetached(
  config: Config,
  variables: NodeJS.ProcessEnv,
  { extract, transform, load }: WorkerCounts,
): Promise<StackRecord> {
  const logFile = path.join(config.home, 'logs', 'up.log');
  await mkdir(path.dirname(logFile), { recursive: true });
  // What the last one said is kept, and what this one says can be shown by itself.
  rotateLog(logFile, 0);
  const log = openSync(logFile, 'a');
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const counts = ['--extractors', extract, '--transformers', transform, '--loaders', load].map(String);
  const child = spawn(process.execPath, [main, 'up', ...counts], {
    env: { ...variables, MILLRACE_HOME: config.home },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  const ended = new AbortController();
  void once(child, 'exit').finally(() => ended.abort());
  const giveUpAt = Date.now() + START_TIMEOUT_MS;
  while (!ended.signal.aborted && Date.now() < giveUpAt) {
    const record = isStackAlive(config.home) ? await findStack(config.home) : null;
    if (record !== null) return record;
    await delay(POLL_MS);
  }
  throw fail('service_failed', {
    message: `The stack did not start:\n${(await readFile(logFile, 'utf8')).trim()}`,
    where: logFile,
    hint: 'Run `millrace up` to see it start.',
  });
}

const STOP_TIMEOUT_MS = 30_000;

/** Ends the stack of a home and waits until it is gone. @returns the stack that was stopped, or null */
export async function stopStack(home: string): Promise<StackRecord | null> {
  const record = await findStack(home);
  if (record === null) return null;
  process.kill(record.pid, 'SIGTERM');
  const giveUpAt = Date.now() + STOP_TIMEOUT_MS;
  while (isStackAlive(home)) {
    if (Date.now() > giveUpAt) {
      throw fail('service_failed', {
        message: `The stack (pid ${record.pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s.`,
        hint: `Look at ${path.join(home, 'logs')}, then end it: kill -9 ${record.pid}`,
      });
    }
    await delay(POLL_MS);
  }
  return record;
}
