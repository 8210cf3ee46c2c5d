import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { provideRedis } from '@millrace/shared/runtime/redis-provide';

import { ROOT } from '../../support/test-stack.ts';
import { until } from '../../support/until.ts';
import { endWithHarness } from './end-with-harness.ts';

/** A Redis of one cluster, with an append-only file, that may be treated as badly as one likes. */
export interface RedisServer {
  readonly url: string;
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, and nobody answers. */
  pause(): void;
  resume(): void;
  flush(): Promise<void>;
  /**
   * Kills it, cuts up to so many bytes from the end of its append-only file, and starts it again after a while. One
   * at a time: a file that is cut while a server reads it is a fault that nobody meant. @returns bytes cut
   */
  breakDown(downMs: number, cutBytes: number): Promise<number>;
}

/** @param folder short: the path of a socket may have 107 bytes */
export async function createRedisServer(folder: string): Promise<RedisServer> {
  await mkdir(folder, { recursive: true });
  const { REDIS_URL: _, ...env } = process.env;
  const program = await provideRedis({
    env,
    cacheDir: path.join(ROOT, '.millrace/cache'),
    log: () => undefined,
  });
  if (program.source === 'env') throw new Error('REDIS_URL was taken out.');
  const socket = path.join(folder, 'redis.sock');
  const url = `unix://${socket}`;
  const args = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'yes'];
  let server: ChildProcess | null = null;
  let lastBreakdown: Promise<unknown> = Promise.resolve();

  const start = async () => {
    // Two faults may have killed it together; of two servers at one socket one would be lost to all, and left behind.
    if (server !== null) return;
    server = endWithHarness(
      spawn(program.command, [...args, '--aof-load-truncated', 'yes'], {
        env: { ...env, LD_LIBRARY_PATH: program.libraryPath },
        stdio: 'ignore',
      }),
    );
    await until(() => answers(url), 'Redis answers', 20_000);
  };
  const kill = async () => {
    const killed = server;
    if (killed === null) return;
    // One that has ended by itself says so only once.
    if (killed.exitCode === null && killed.signalCode === null) {
      const exited = once(killed, 'exit');
      killed.kill('SIGKILL');
      await exited;
    }
    if (server === killed) server = null;
  };
  const breakDown = async (downMs: number, cutBytes: number) => {
    await kill();
    const cut = cutBytes === 0 ? 0 : await cutTail(folder, cutBytes);
    await delay(downMs);
    await start();
    return cut;
  };

  return {
    url,
    start,
    kill,
    breakDown(downMs, cutBytes) {
      const own = lastBreakdown.then(() => breakDown(downMs, cutBytes));
      lastBreakdown = own.catch(() => undefined);
      return own;
    },
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    async flush() {
      // Another fault may kill it at any moment; it comes back.
      await until(() => emptied(url), 'Redis is emptied', 20_000);
    },
  };
}

async function cutTail(folder: string, bytes: number): Promise<number> {
  const aof = path.join(folder, 'appendonlydir');
  const name = (await readdir(aof)).find((file) => file.endsWith('.incr.aof'));
  if (name === undefined) return 0;
  const { size } = await stat(path.join(aof, name));
  const cut = Math.min(bytes, size);
  await truncate(path.join(aof, name), size - cut);
  return cut;
}

async function emptied(url: string): Promise<boolean> {
  try {
    const redis = await connectOrFail(url, 500);
    try {
      await redis.flushall();
    } finally {
      redis.disconnect();
    }
    return true;
  } catch {
    return false;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const redis = await connectOrFail(url, 500);
    redis.disconnect();
    return true;
  } catch {
    return false;
  }
}
