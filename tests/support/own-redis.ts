import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { provideRedis } from '@millrace/shared/runtime/redis-provide';

import { ROOT } from './test-stack.ts';
import { until } from './until.ts';

/** A Redis that a test may kill and start again, with a password and an append-only file, on a port of its own. */
export interface OwnRedis {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export async function createOwnRedis(password: string): Promise<OwnRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-own-redis-'));
  const { REDIS_URL: _, ...env } = process.env;
  const program = await provideRedis({
    env,
    cacheDir: path.join(ROOT, '.millrace/cache'),
    log: () => undefined,
  });
  if (program.source === 'env') throw new Error('REDIS_URL was taken out.');
  const port = await freePort();
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--requirepass', password];
  let server: ChildProcess | null = null;
  const kill = async () => {
    if (server === null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
    server = null;
  };
  return {
    url,
    kill,
    async start() {
      server = spawn(program.command, [...args, '--appendonly', 'yes', '--save', ''], {
        env: { ...env, LD_LIBRARY_PATH: program.libraryPath },
        stdio: 'ignore',
      });
      await until(() => answers(url), 'Redis answers');
    },
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const redis = await connectOrFail(url);
    redis.disconnect();
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
