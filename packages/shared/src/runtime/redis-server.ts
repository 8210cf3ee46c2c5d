import { mkdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { withoutPassword } from '../adapters/redis-client.ts';
import { fail, type MillraceError } from '../core/errors.ts';
import { tryProcessLock, type ProcessLock } from './process-lock.ts';
import { describeLocation, findRedis, type RedisLocation } from './redis-find.ts';
import { keepRedis } from './redis-keeper.ts';
import { askRedis, spawnRedis, stopRedis, type RedisIdentity } from './redis-process.ts';
import { provideRedis, type ProvideRedisOptions } from './redis-provide.ts';
import { claimSocketFolder, socketPath } from './redis-socket.ts';

const REMOTE_TIMEOUT_MS = 5_000;
const LOCAL_TIMEOUT_MS = 2_000;
/** Long enough for another process to fetch the package and start. */
const OTHER_STARTER_TIMEOUT_MS = 5 * 60_000;
const OTHER_STARTER_POLL_MS = 100;

export interface StartRedisOptions extends ProvideRedisOptions {
  /** Folder of this server's data and log; one server per folder. Made when missing. */
  readonly dataDir: string;
  /**
   * When given, a server that this process owns is started again when it dies, and this is called once when that is no
   * use.
   */
  readonly onBroken?: (error: MillraceError) => void;
}

export interface RedisHandle {
  readonly url: string;
  /** `running`: a server that another process started for this folder, and keeps. */
  readonly source: RedisLocation['source'] | 'running';
  /** For people: what it is and where. */
  readonly describe: string;
  /** As it was started; `null` when it is not on this machine, as far as millrace knows. */
  readonly pid: number | null;
  /** Ends the server if this process owns it; otherwise does nothing. May be called twice. */
  stop(): Promise<void>;
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
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const socket = socketPath(dataDir);
  const url = `unix://${socket}`;
  const giveUpAt = Date.now() + OTHER_STARTER_TIMEOUT_MS;
  for (;;) {
    const lock = tryProcessLock(path.join(dataDir, 'redis.lock'));
    if (lock !== null) return own({ ...options, dataDir }, socket, lock);
    // It may still be starting, and then be silent for good reason.
    const identity = await askLocal(url).catch(() => null);
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

/** Gets this folder a server, and gives the folder up when that fails or the server is stopped. */
async function own(options: StartRedisOptions, socket: string, lock: ProcessLock): Promise<RedisHandle> {
  const folder = path.dirname(socket);
  const leave = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    lock.release();
  };
  try {
    await claimSocketFolder(folder);
    return await adoptOrSpawn(options, socket, leave);
  } catch (error) {
    // The socket stays: a server that is silent for a while must still be found behind it later.
    lock.release();
    throw error;
  }
}

async function adoptOrSpawn(
  options: StartRedisOptions,
  socket: string,
  leave: () => Promise<void>,
): Promise<RedisHandle> {
  const { dataDir, env } = options;
  const url = `unix://${socket}`;
  const spawn = async () => {
    const program = await provideRedis(options);
    if (program.source === 'env') throw new Error('REDIS_URL was not set a moment ago.');
    return { program, identity: await spawnRedis({ program, dataDir, socket, env }) };
  };
  const orphan = await askLocal(url);
  if (orphan !== null) {
    const describe = `${orphan.version}, left running by an earlier millrace for ${dataDir}`;
    return { url, source: 'running', describe, ...kept(orphan) };
  }
  const { program, identity } = await spawn();
  const describe = `${identity.version} (${describeLocation(program)}), data in ${dataDir}`;
  return { url, source: program.source, describe, ...kept(identity) };

  function kept(first: RedisIdentity): Pick<RedisHandle, 'pid' | 'stop'> {
    const { log, onBroken } = options;
    if (onBroken === undefined) return { pid: first.pid, stop: once(() => stopRedis(first.pid), leave) };
    const again = async () => (await spawn()).identity;
    const keeper = keepRedis(first, { log, onBroken, spawn: again });
    return { pid: first.pid, stop: once(() => keeper.stop(), leave) };
  }
}

function once(stop: () => Promise<void>, leave: () => Promise<void>): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= stop().then(leave));
}

/**
 * The server behind a socket, or `null` when nobody listens there. One that listens and stays silent is an error:
 * taken for absent, it would get a second server beside it on the same files.
 */
async function askLocal(url: string): Promise<RedisIdentity | null> {
  try {
    return await askRedis(url, LOCAL_TIMEOUT_MS);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    throw fail('redis_unavailable', {
      message: 'A Redis listens, but does not answer.',
      where: url,
      hint: 'Wait, or end that redis-server; its log lies in its data folder.',
      cause: error,
    });
  }
}

function silentOwner(dataDir: string): Error {
  return fail('redis_unavailable', {
    message: 'Another millrace owns the Redis of this folder, and that Redis does not answer.',
    where: dataDir,
    hint: 'Stop the other millrace, or use another data folder.',
  });
}
