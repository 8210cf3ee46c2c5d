import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { withoutPassword } from '../adapters/redis-client.ts';
import { fail } from '../core/errors.ts';
import { tryProcessLock, type ProcessLock } from './process-lock.ts';
import { unpackRedis } from './redis-debian.ts';
import { describeLocation, findOnPath, findRedis, SERVER_NAMES, type RedisLocation } from './redis-find.ts';
import { askRedis, spawnRedis, stopRedis, type RedisIdentity } from './redis-process.ts';

const REMOTE_TIMEOUT_MS = 5_000;
const LOCAL_TIMEOUT_MS = 2_000;
/** Long enough for another process to fetch the package and start. */
const OTHER_STARTER_TIMEOUT_MS = 5 * 60_000;
const OTHER_STARTER_POLL_MS = 100;
/** A socket address holds 108 bytes on Linux and 104 on macOS. */
const MAX_SOCKET_PATH_BYTES = 103;

export interface ProvideRedisOptions {
  /** Read for `REDIS_URL` and `PATH`, and handed to the programs that are started. */
  readonly env: NodeJS.ProcessEnv;
  /** Where a fetched Redis is kept. */
  readonly cacheDir: string;
  /** Receives one line for each step that takes time. */
  readonly log: (line: string) => void;
}

export interface StartRedisOptions extends ProvideRedisOptions {
  /** Folder of this server's data and log; one server per folder. Made when missing. */
  readonly dataDir: string;
}

export interface RedisHandle {
  readonly url: string;
  /** `running`: a server that another process started for this folder, and keeps. */
  readonly source: RedisLocation['source'] | 'running';
  /** For people: what it is and where. */
  readonly describe: string;
  /** `null` when it is not on this machine, as far as millrace knows. */
  readonly pid: number | null;
  /** Ends the server if this process owns it; otherwise does nothing. May be called twice. */
  stop(): Promise<void>;
}

/**
 * A Redis to use: `REDIS_URL` as it is; else redis-server or valkey-server of the `PATH`; else, on Debian and
 * its relatives, the distribution's package unpacked into `cacheDir`. Starts nothing.
 *
 * @throws `redis_not_found`, saying what was looked for.
 */
export async function provideRedis(options: ProvideRedisOptions): Promise<RedisLocation> {
  const found = await findRedis(options.env, options.cacheDir);
  if (found !== null) return found;
  const canUnpack =
    (await findOnPath('apt-get', options.env)) !== null &&
    (await findOnPath('dpkg-deb', options.env)) !== null;
  if (!canUnpack) throw notFound('apt-get is not there either, so it could not be fetched.');
  try {
    return { source: 'debian', ...(await unpackRedis(options)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw notFound(`Fetching the Debian package failed: ${reason.trim()}`, error);
  }
}

/**
 * Starts the Redis of `dataDir`, or finds the one that serves it.
 *
 * The process that starts it owns it through a lock on the folder, which the operating system releases when the
 * process ends. So two starters never run two servers on the same files, and a server that outlived a killed
 * owner passes to the next starter, which then also stops it.
 *
 * @throws `redis_not_found`, `redis_unavailable`, `config_invalid` (see `findRedis`).
 */
export async function startRedis(options: StartRedisOptions): Promise<RedisHandle> {
  if (options.env['REDIS_URL']) return useRemote(options);
  const { dataDir, socket } = await prepareFolders(options.dataDir);
  const url = `unix://${socket}`;
  const giveUpAt = Date.now() + OTHER_STARTER_TIMEOUT_MS;
  for (;;) {
    const lock = tryProcessLock(path.join(dataDir, 'redis.lock'));
    if (lock !== null) {
      try {
        return await own({ ...options, dataDir }, socket, lock);
      } catch (error) {
        lock.release();
        throw error;
      }
    }
    const identity = await askLocal(url);
    if (identity !== null) {
      return {
        url,
        source: 'running',
        describe: `${identity.version}, already running for ${dataDir}`,
        pid: identity.pid,
        stop: () => Promise.resolve(),
      };
    }
    if (Date.now() > giveUpAt) throw silentOwner(dataDir);
    await delay(OTHER_STARTER_POLL_MS);
  }
}

/** URL of the server that runs for `dataDir`, or `null`: how a command reaches the stack of another terminal. */
export async function findRunningRedis(dataDir: string): Promise<string | null> {
  const url = `unix://${socketPath(await realpath(dataDir).catch(() => path.resolve(dataDir)))}`;
  return (await askLocal(url)) === null ? null : url;
}

async function useRemote(options: StartRedisOptions): Promise<RedisHandle> {
  const location = await findRedis(options.env, options.cacheDir);
  if (location?.source !== 'env') throw new Error('REDIS_URL is set, and findRedis looks at it first.');
  const { url } = location;
  try {
    const { version } = await askRedis(url, REMOTE_TIMEOUT_MS);
    const describe = `${version} of ${describeLocation(location)}`;
    return { url, source: 'env', describe, pid: null, stop: () => Promise.resolve() };
  } catch (error) {
    throw fail('redis_unavailable', {
      message: `The Redis that REDIS_URL names does not answer: ${error instanceof Error ? error.message : String(error)}.`,
      where: withoutPassword(url),
      hint: 'Start it, correct REDIS_URL, or unset REDIS_URL to let millrace start a Redis of its own.',
      cause: error,
    });
  }
}

/** Takes over the server that a dead owner left behind, or starts one. */
async function own(options: StartRedisOptions, socket: string, lock: ProcessLock): Promise<RedisHandle> {
  const url = `unix://${socket}`;
  const orphan = await askLocal(url);
  if (orphan !== null) {
    const describe = `${orphan.version}, left running by an earlier millrace for ${options.dataDir}`;
    return { url, source: 'running', describe, pid: orphan.pid, stop: stopOnce(orphan, lock) };
  }
  const program = await provideRedis(options);
  if (program.source === 'env') throw new Error('REDIS_URL was not set a moment ago.');
  const { dataDir, env } = options;
  const identity = await spawnRedis({ program, dataDir, socket, env });
  return {
    url,
    source: program.source,
    describe: `${identity.version} (${describeLocation(program)}), data in ${dataDir}`,
    pid: identity.pid,
    stop: stopOnce(identity, lock),
  };
}

function stopOnce({ pid }: RedisIdentity, lock: ProcessLock): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= stopRedis(pid).finally(() => lock.release()));
}

async function askLocal(url: string): Promise<RedisIdentity | null> {
  return askRedis(url, LOCAL_TIMEOUT_MS).catch(() => null);
}

async function prepareFolders(wantedDataDir: string): Promise<{ dataDir: string; socket: string }> {
  await mkdir(wantedDataDir, { recursive: true });
  const dataDir = await realpath(wantedDataDir);
  const socket = socketPath(dataDir);
  const folder = path.dirname(socket);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const info = await lstat(folder);
  const isOurs = info.isDirectory() && info.uid === os.userInfo().uid && (info.mode & 0o077) === 0;
  if (!isOurs) {
    throw fail('redis_unavailable', {
      message: 'The folder for the socket of Redis belongs to somebody else, or others may use it.',
      where: folder,
      hint: 'Remove that folder, or set TMPDIR to a folder of your own.',
    });
  }
  return { dataDir, socket };
}

/** Short and fixed for a data folder, because the path of the folder itself may exceed a socket address. */
function socketPath(dataDir: string): string {
  const name = `millrace-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  const socket = path.join(os.tmpdir(), name, 'redis.sock');
  return Buffer.byteLength(socket) <= MAX_SOCKET_PATH_BYTES ? socket : path.join('/tmp', name, 'redis.sock');
}

function notFound(reason: string, cause?: unknown): Error {
  return fail('redis_not_found', {
    message: `No Redis was found: REDIS_URL is not set, and neither ${SERVER_NAMES.join(' nor ')} is on the PATH. ${reason}`,
    hint:
      'Debian, Ubuntu: sudo apt-get install redis-server. macOS: brew install redis. ' +
      'Or set REDIS_URL to a running one, such as redis://localhost:6379.',
    cause,
  });
}

function silentOwner(dataDir: string): Error {
  return fail('redis_unavailable', {
    message: 'Another millrace owns the Redis of this folder, and that Redis does not answer.',
    where: dataDir,
    hint: 'Stop the other millrace, or use another data folder.',
  });
}
