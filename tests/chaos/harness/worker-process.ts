import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

import type { Service } from '../../support/test-stack.ts';
import { endWithHarness } from './end-with-harness.ts';

export type LogLine = Readonly<Record<string, unknown>>;

/** One process of a service, as its supervisor sees it. */
export interface WorkerProcess {
  readonly service: Service;
  readonly pid: number;
  /** Its log so far, parsed; complete once `exited` has resolved. */
  readonly lines: readonly LogLine[];
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  isAlive(): boolean;
  isReady(): boolean;
  /** Whether SIGTERM was sent: at a second one a worker ends in the middle of its task. */
  isTold(): boolean;
  /** Resolves when it is gone. A stopped process is killed as well. */
  kill(signal: NodeJS.Signals): Promise<void>;
  send(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void;
}

export function spawnWorker(
  service: Service,
  entry: string,
  environment: NodeJS.ProcessEnv,
  logFile: string,
): WorkerProcess {
  const child = endWithHarness(
    spawn(process.execPath, [entry], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  const lines: LogLine[] = [];
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stderr.on('data', (chunk: Buffer) => log.write(chunk));
  createInterface({ input: child.stdout }).on('line', (text) => {
    log.write(`${text}\n`);
    lines.push(parse(text));
  });
  let told = false;
  const exited = ended(child).finally(() => log.end());
  return {
    service,
    pid: child.pid ?? 0,
    lines,
    exited,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    isReady: () => lines.some(({ msg }) => msg === 'ready'),
    isTold: () => told,
    async kill(signal) {
      child.kill(signal);
      await exited;
    },
    send(signal) {
      told ||= signal === 'SIGTERM';
      child.kill(signal);
    },
  };
}

/** A process that is killed may leave half a line. */
function parse(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text };
  }
}

/** `close` comes after the last line of the log, `exit` may come before. */
function ended(child: ChildProcess): WorkerProcess['exited'] {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}
