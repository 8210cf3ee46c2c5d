import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { redisClient } from '../adapters/redis-client.ts';
import { fail } from '../core/errors.ts';
import type { RedisProgram } from './redis-find.ts';

/** A large append-only file takes a while to load; the queues of millrace stay far below that. */
const START_TIMEOUT_MS = 60_000;
/** Redis writes its append-only file on SIGTERM; after this long it hangs, and its file is as good as it gets. */
const STOP_TIMEOUT_MS = 10_000;
const EXIT_POLL_MS = 20;
const LOG_TAIL_LINES = 15;

/** A server that answers, as it describes itself. */
export interface RedisIdentity {
  readonly pid: number;
  readonly version: string;
}

export interface SpawnRedisOptions {
  readonly program: RedisProgram;
  /** Holds the append-only file and `redis.log`. */
  readonly dataDir: string;
  readonly socket: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts a server that listens on the socket alone, and waits until it has loaded its data and answers.
 *
 * It leads a process group of its own, so that Ctrl-C on the terminal reaches millrace first, which stops the
 * workers before it stops the server. If this process exits without stopping the server, it is told to end.
 *
 * @throws `redis_unavailable` with the end of its log when it ends or stays silent instead.
 */
export async function spawnRedis(options: SpawnRedisOptions): Promise<RedisIdentity> {
  const logFile = path.join(options.dataDir, 'redis.log');
  const child = spawnDetached(options, logFile);
  const stopOnExit = (): void => void child.kill('SIGTERM');
  process.once('exit', stopOnExit);
  child.once('exit', () => process.off('exit', stopOnExit));
  try {
    return await identityOnceReady(options.socket, child);
  } catch (error) {
    child.kill('SIGKILL');
    throw fail('redis_unavailable', {
      message: `${options.program.command} did not start: ${error instanceof Error ? error.message : String(error)}.`,
      where: logFile,
      hint: `The end of its log:\n${await tail(logFile)}`,
      cause: error,
    });
  }
}

/** Asks a server once. Rejects with the reason when none answers within the time. */
export async function askRedis(url: string, timeoutMs: number): Promise<RedisIdentity> {
  const client = redisClient(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
    // It would wait without limit for a server that still loads its data.
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  // The reason comes as an event, while the call rejects with "Connection is closed".
  let reason: Error | undefined;
  client.on('error', (error: Error) => (reason = error));
  try {
    await client.connect();
    return identityFrom(await client.info('server'));
  } catch (error) {
    throw reason ?? error;
  } finally {
    client.disconnect();
  }
}

/** Ends a server by SIGTERM, after ten seconds by SIGKILL, and returns when its process is gone. */
export async function stopRedis(pid: number): Promise<void> {
  if (!signal(pid, 'SIGTERM')) return;
  const killAt = Date.now() + STOP_TIMEOUT_MS;
  let killed = false;
  while (signal(pid, 0)) {
    if (!killed && Date.now() > killAt) killed = signal(pid, 'SIGKILL');
    await delay(EXIT_POLL_MS);
  }
}

function spawnDetached({ program, dataDir, socket, env }: SpawnRedisOptions, logFile: string): ChildProcess {
  const settings: Readonly<Record<string, string>> = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: dataDir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    // Snapshots would only repeat what the append-only file holds.
    save: '',
    // Evicting a key would lose a job without a word; a write that fails is reported.
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    // To standard output, which is the log file: so what the dynamic linker says arrives there too.
    logfile: '',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const libraryPath = program.libraryPath === '' ? {} : { LD_LIBRARY_PATH: program.libraryPath };
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(program.command, args, {
      cwd: dataDir,
      env: { ...env, ...libraryPath },
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

async function identityOnceReady(socket: string, child: ChildProcess): Promise<RedisIdentity> {
  const client = redisClient(`unix://${socket}`, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 10, 250),
  });
  // Refused connections are what waiting looks like; the timeout and the exit of the process end it.
  client.on('error', () => undefined);
  const waiting = new AbortController();
  const until = { signal: waiting.signal };
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const ended = once(child, 'exit', until).then(([code, killedBy]: (number | string | null)[]) => {
    throw new Error(`it ended at once (${killedBy === null ? `exit code ${code}` : killedBy})`);
  });
  const timedOut = delay(START_TIMEOUT_MS, undefined, until).then(() => {
    throw new Error(`it did not answer within ${START_TIMEOUT_MS / 1000} s`);
  });
  try {
    return identityFrom(await Promise.race([client.info('server'), failed, ended, timedOut]));
  } finally {
    client.disconnect();
    waiting.abort();
  }
}

/** Reads what `INFO server` answers. */
function identityFrom(info: string): RedisIdentity {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  const version = valkey === undefined ? `Redis ${field('redis_version') ?? '?'}` : `Valkey ${valkey}`;
  return { pid: Number(field('process_id')), version };
}

export function isAlive(pid: number): boolean {
  return signal(pid, 0);
}

/** Whether the process was there to receive it; signal 0 only asks. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  return text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
