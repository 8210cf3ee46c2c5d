import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import {
  ERROR_KINDS,
  fail,
  fromErrorRecord,
  type ErrorRecord,
  type MillraceError,
} from '@millrace/shared/core/errors';
import type { Stage } from '@millrace/shared/core/task';

import { LOG_MAX_BYTES, rotateLog } from './log-file.ts';

export interface ServiceOptions {
  /** Unique among the services of the stack; names the log file. */
  readonly name: string;
  readonly service: 'extractor' | 'transformer' | 'loader' | 'dashboard';
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** One line when the service has died and is started again. */
  readonly log: (line: string) => void;
  /** Called once, when it dies so often that starting it again is no use. */
  readonly onBroken: (error: MillraceError) => void;
  /** What it tells its parent. */
  readonly onMessage?: (message: unknown) => void;
}

/** A service that is kept running until `stop`. */
export interface ServiceProcess {
  /** Of the process that runs now; null between two. */
  pid(): number | null;
  /** Ends it gracefully, by force after the time. Resolves when it is gone. */
  stop(timeoutMs: number): Promise<void>;
}

export const SERVICE_OF: Readonly<Record<Stage, ServiceOptions['service']>> = {
  extract: 'extractor',
  transform: 'transformer',
  load: 'loader',
};

/** Services stand beside the CLI in one tree, from source to image. */
export function serviceEntry(service: ServiceOptions['service']): string {
  return fileURLToPath(new URL(`../../../../services/${service}/dist/main.js`, import.meta.url));
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** A service that lived this long was well, also if it never got a job: its next death counts as the first. */
const WELL_AFTER_MS = 30_000;
const MAX_EARLY_DEATHS = 6;
const LOG_TAIL_LINES = 12;
const LOG_LOOK_EVERY_MS = 10_000;

/**
 * Starts a service, and starts it again when it dies, after a delay that grows with each early death.
 *
 * The death of one that had got a job is none of those, however soon it comes. A job that kills its workers ends its own run
 * after a few starts, but two such jobs together would kill a fresh worker often enough to end the stack, and with it
 * all other runs.
 */
export function superviseService(options: ServiceOptions): ServiceProcess {
  const stopping = new AbortController();
  let child: ChildProcess | null = null;
  let earlyDeaths = 0;

  async function keepRunning(): Promise<void> {
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      child = spawnService(options);
      if (options.onMessage !== undefined) child.on('message', options.onMessage);
      const { ending, hadJob } = await describeEnd(child);
      child = null;
      if (stopping.signal.aborted) return;
      earlyDeaths = hadJob || Date.now() - startedAt > WELL_AFTER_MS ? 1 : earlyDeaths + 1;
      const log = await lastLines(options.logFile);
      const reason = terminalReason(log.at(-1) ?? '');
      if (reason !== null || earlyDeaths >= MAX_EARLY_DEATHS) {
        options.onBroken(reason ?? brokenService(options, ending, log));
        return;
      }
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (earlyDeaths - 1), LONGEST_DELAY_MS);
      options.log(`${options.name} ended (${ending}); starting it again. Its log: ${options.logFile}`);
      await delay(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const ended = keepRunning();
  const looking = setInterval(() => askToRotate(child, options.logFile), LOG_LOOK_EVERY_MS).unref();
  return {
    pid: () => child?.pid ?? null,
    async stop(timeoutMs) {
      stopping.abort();
      const running = child;
      running?.kill('SIGTERM');
      const killing = setTimeout(() => running?.kill('SIGKILL'), timeoutMs);
      clearInterval(looking);
      await ended.finally(() => clearTimeout(killing));
    },
  };
}

/**
 * Each service leads a process group of its own, so that Ctrl-C reaches only the CLI, which then stops all in order.
 */
function spawnService({ service, env, logFile }: ServiceOptions): ChildProcess {
  const exitWithParent = new URL('./exit-with-parent.js', import.meta.url).href;
  const rotateOwnLog = new URL('./rotate-own-log.js', import.meta.url).href;
  const preloads = ['--import', exitWithParent, '--import', rotateOwnLog];
  rotateLog(logFile);
  const log = openSync(logFile, 'a');
  try {
    return spawn(process.execPath, [...preloads, serviceEntry(service)], {
      env,
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

/** Only the service itself knows when it is not writing. One that has just ended is no error: the next start rotates. */
function askToRotate(child: ChildProcess | null, logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_MAX_BYTES && child?.connected === true) child.send({ rotateLog: logFile }, () => undefined);
}

async function describeEnd(child: ChildProcess): Promise<{ ending: string; hadJob: boolean }> {
  let hadJob = false;
  child.on('message', (message) => {
    hadJob ||= typeof message === 'object' && message !== null && 'hasJob' in message;
  });
  try {
    // Not `exit`, which may come before its last message.
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { ending: signal ?? `exit code ${code ?? '?'}`, hadJob };
  } catch (error) {
    return { ending: error instanceof Error ? error.message : String(error), hadJob };
  }
}

async function lastLines(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-LOG_TAIL_LINES);
}

/** The error with which a service has refused to start, if no retry can cure it. Its last words are one line of JSON. */
function terminalReason(line: string): MillraceError | null {
  try {
    const { code, message, where, hint } = JSON.parse(line) as Partial<ErrorRecord>;
    if (code === undefined || message === undefined || !(code in ERROR_KINDS)) return null;
    const error = fromErrorRecord({ code, message, where: where ?? null, hint: hint ?? null });
    return error.isTerminal ? error : null;
  } catch {
    return null;
  }
}

function brokenService(options: ServiceOptions, ending: string, log: readonly string[]): MillraceError {
  return fail('service_failed', {
    message: `${options.name} ended ${MAX_EARLY_DEATHS} times soon after its start (${ending}). The end of its log:\n${log.join('\n')}`,
    where: options.logFile,
    hint: 'Run `millrace doctor` to check this machine and its settings.',
  });
}
