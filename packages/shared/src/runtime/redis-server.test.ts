import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { redisClient } from '../adapters/redis-client.ts';
import type { MillraceError } from '../core/errors.ts';
import { findRedis } from './redis-find.ts';
import { spawnRedis, stopRedis, type RedisIdentity } from './redis-process.ts';
import { provideRedis } from './redis-provide.ts';
import { findRunningRedis, startRedis, type RedisHandle, type StartRedisOptions } from './redis-server.ts';
import { claimSocketFolder } from './redis-socket.ts';

let folder: string;
let dataDir: string;
let handles: RedisHandle[];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'millrace-redis-')));
  dataDir = path.join(folder, 'data');
  handles = [];
});

afterEach(async () => {
  await Promise.all(handles.map((handle) => handle.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(env: NodeJS.ProcessEnv = withoutUrl(), where = dataDir): Promise<RedisHandle> {
  const handle = await startRedis({ env, dataDir: where, cacheDir: cacheDir(), log: () => undefined });
  if (handle.source !== 'env') handles.push(handle);
  return handle;
}

/** A server that is started again when it dies. */
async function startKept({
  log = () => undefined,
  onBroken = (error) => {
    throw error;
  },
}: Partial<Pick<StartRedisOptions, 'log' | 'onBroken'>>): Promise<RedisHandle> {
  const handle = await startRedis({ env: withoutUrl(), dataDir, cacheDir: cacheDir(), log, onBroken });
  handles.push(handle);
  return handle;
}

/** As a killed owner leaves it: a server that runs, and a lock that nobody holds. */
async function startOrphan(): Promise<RedisIdentity> {
  const first = await start();
  await first.stop();
  const program = await findRedis(withoutUrl(), cacheDir());
  if (program === null || program.source === 'env') throw new Error('startRedis left a program to find');
  const socket = first.url.slice('unix://'.length);
  await claimSocketFolder(path.dirname(socket));
  return spawnRedis({ program, dataDir, socket, env: withoutUrl() });
}

function withoutUrl(): NodeJS.ProcessEnv {
  const { REDIS_URL: _, ...env } = process.env;
  return env;
}

/** The cache of the checkout, so that a machine without Redis fetches it once for all tests. */
function cacheDir(): string {
  return path.resolve('.millrace/cache');
}

async function withClient<T>(
  url: string,
  use: (client: ReturnType<typeof redisClient>) => Promise<T>,
): Promise<T> {
  const client = redisClient(url);
  // Calls reject with what matters.
  client.on('error', () => undefined);
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

async function fakeServer(script: string): Promise<NodeJS.ProcessEnv> {
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  await writeFile(path.join(bin, 'redis-server'), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(bin, 'redis-server'), 0o755);
  return { PATH: `${bin}:/usr/bin:/bin` };
}

describe('a server of millrace', () => {
  test('keeps every job: append-only, no eviction, no snapshots, no port', async () => {
    const { url } = await start();
    const settings = await withClient(url, async (client) =>
      Promise.all(
        ['appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'port', 'dir'].map((name) =>
          client.config('GET', name),
        ),
      ),
    );
    expect(settings).toEqual([
      ['appendonly', 'yes'],
      ['appendfsync', 'everysec'],
      ['maxmemory-policy', 'noeviction'],
      ['save', ''],
      ['port', '0'],
      ['dir', dataDir],
    ]);
  });

  test('has its data again after a stop', async () => {
    const first = await start();
    await withClient(first.url, (client) => client.set('kept', 'yes'));
    await first.stop();
    expect(await findRunningRedis(dataDir)).toBeNull();

    const second = await start();
    expect(second.pid).not.toBe(first.pid);
    expect(await withClient(second.url, (client) => client.get('kept'))).toBe('yes');
  });

  test('is shared by later starters, and ended by its owner alone', async () => {
    const owner = await start();
    const guest = await start();
    expect(guest).toMatchObject({ source: 'running', url: owner.url, pid: owner.pid });
    await guest.stop();
    expect(await findRunningRedis(dataDir)).toBe(owner.url);
    await owner.stop();
    await owner.stop();
    expect(await findRunningRedis(dataDir)).toBeNull();
    expect(existsSync(path.dirname(owner.url.slice('unix://'.length)))).toBe(false);
  });

  test('is one, however many start it at once', async () => {
    const started = await Promise.all([start(), start(), start()]);
    expect(new Set(started.map((handle) => handle.pid)).size).toBe(1);
    expect(started.filter((handle) => handle.source === 'running')).toHaveLength(2);
  });

  test('passes to the next starter when its owner died, and is ended by it', async () => {
    const orphan = await startOrphan();
    const heir = await start();
    expect(heir).toMatchObject({ source: 'running', pid: orphan.pid });
    await heir.stop();
    expect(() => process.kill(orphan.pid, 0)).toThrow('ESRCH');
  });

  test('is never joined by a second one, even when it is silent', async () => {
    const orphan = await startOrphan();
    process.kill(orphan.pid, 'SIGSTOP');
    try {
      await expect(start()).rejects.toMatchObject({ code: 'redis_unavailable' });
      await expect(start()).rejects.toMatchObject({ code: 'redis_unavailable' });
    } finally {
      process.kill(orphan.pid, 'SIGCONT');
    }
    expect((await start()).pid).toBe(orphan.pid);
  });

  test('starts beside the socket of a killed one', async () => {
    const first = await start();
    if (first.pid !== null) process.kill(first.pid, 'SIGKILL');
    await first.stop();
    const second = await start();
    expect(second.source).not.toBe('running');
    expect(await withClient(second.url, (client) => client.ping())).toBe('PONG');
  });

  test('is started again by its owner when it dies, with its data, and ended once and for all by it', async () => {
    const lines: string[] = [];
    const owner = await startKept({ log: (line) => lines.push(line) });
    await withClient(owner.url, async (client) => {
      await client.set('kept', 'yes');
      await client.config('SET', 'appendfsync', 'always');
    });
    if (owner.pid !== null) process.kill(owner.pid, 'SIGKILL');
    // A client connects again by itself.
    expect(await withClient(owner.url, (client) => client.get('kept'))).toBe('yes');
    expect(lines).toEqual([expect.stringContaining('Redis ended')]);
    await owner.stop();
    expect(await findRunningRedis(dataDir)).toBeNull();
  });

  test('that dies again and again, or does not start again, is given up with the reason', async () => {
    let owner: RedisHandle | undefined;
    const broken = new Promise<MillraceError>((resolve, reject) => {
      startKept({ onBroken: resolve }).then(async (handle) => {
        owner = handle;
        await writeFile(path.join(dataDir, 'appendonlydir', 'appendonly.aof.manifest'), 'no manifest');
        if (handle.pid !== null) process.kill(handle.pid, 'SIGKILL');
      }, reject);
    });
    expect(await broken).toMatchObject({
      code: 'redis_unavailable',
      hint: expect.stringContaining('manifest') as unknown,
    });
    await owner?.stop();
  });

  test('serves a data folder whose path is longer than a socket address', async () => {
    const deep = path.join(folder, 'a-folder-with-a-long-name'.repeat(6), 'data');
    const { url } = await start(withoutUrl(), deep);
    expect(await withClient(url, (client) => client.ping())).toBe('PONG');
  });

  test('that ends at once is reported with the end of its log', async () => {
    const env = await fakeServer('echo "cannot read my settings"; exit 7');
    await expect(start(env)).rejects.toMatchObject({
      code: 'redis_unavailable',
      message: expect.stringContaining('exit code 7') as unknown,
      hint: expect.stringContaining('cannot read my settings') as unknown,
    });
    // The failure released the folder.
    expect((await start()).source).not.toBe('running');
  });
});

describe('a server named by REDIS_URL', () => {
  test('is used and not ended', async () => {
    const other = await start();
    const remote = await start({ REDIS_URL: other.url });
    expect(remote).toMatchObject({ source: 'env', url: other.url, pid: null });
    await remote.stop();
    expect(await findRunningRedis(dataDir)).toBe(other.url);
  });

  test('that does not answer is an error without the password', async () => {
    const silent = start({ REDIS_URL: `redis://me:secret@127.0.0.1:1` });
    await expect(silent).rejects.toMatchObject({
      code: 'redis_unavailable',
      where: 'redis://me:***@127.0.0.1:1',
    });
    await expect(silent).rejects.toThrow('ECONNREFUSED');
    await expect(silent).rejects.not.toThrow('secret');
  });
});

test('a folder for the socket that others may use is refused and left alone', async () => {
  const handle = await start();
  await handle.stop();
  const socketFolder = path.dirname(handle.url.slice('unix://'.length));
  await mkdir(socketFolder);
  await chmod(socketFolder, 0o777);
  try {
    await expect(start()).rejects.toMatchObject({ code: 'redis_unavailable', where: socketFolder });
    expect(existsSync(socketFolder)).toBe(true);
  } finally {
    await rm(socketFolder, { recursive: true });
  }
});

test('without any Redis the error says what was looked for', async () => {
  const cache = path.join(folder, 'cache');
  const none = provideRedis({ env: { PATH: folder }, cacheDir: cache, log: () => undefined });
  await expect(none).rejects.toMatchObject({
    code: 'redis_not_found',
    message: expect.stringMatching(/REDIS_URL.*redis-server.*valkey-server/) as unknown,
    hint: expect.stringContaining('brew install redis') as unknown,
  });
});

test('stopping a process that is gone already is no error', async () => {
  const handle = await start();
  if (handle.pid === null) throw new Error('a server of this machine has a pid');
  await handle.stop();
  await stopRedis(handle.pid);
});
