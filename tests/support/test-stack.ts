import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { STAGES } from '@millrace/shared/core/task';
import { createRunStore, type RunStore } from '@millrace/shared/runtime/run-store';
import { startTestRedis } from '@millrace/shared/testing/with-redis';

import { until } from './until.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');
const CLI = path.join(ROOT, 'packages/cli/dist/main.js');

export type Service = 'extractor' | 'transformer' | 'loader';

export interface TestWorker {
  readonly pid: number;
  /** Lines of its log so far, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Null while it runs, and when a signal ended it. */
  exitCode(): number | null;
  /** Resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Sends a signal that the process survives. */
  send(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Redis, a bucket and any number of worker processes, all of one test and gone after it. */
export interface TestStack {
  readonly folder: string;
  readonly redisUrl: string;
  readonly prefix: string;
  readonly store: RunStore;
  start(service: Service, environment?: Record<string, string>): Promise<TestWorker>;
  cli(...args: string[]): Promise<CliResult>;
  cliWith(environment: Record<string, string>, ...args: string[]): Promise<CliResult>;
  /** Resolves when no job waits or runs. */
  settled(): Promise<void>;
  /** Started, and left to the caller to watch. */
  spawnCli(...args: string[]): ChildProcess;
  /** As `FLUSHALL`, for the keys of this stack. */
  emptyRedis(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestStack(
  services: readonly Service[] = ['extractor', 'transformer', 'loader'],
  settings: Readonly<Record<string, string>> = {},
): Promise<TestStack> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-e2e-')));
  const redis = await startTestRedis({ ...process.env, ...settings });
  const home = path.join(folder, 'home');
  const environment = {
    ...process.env,
    ...settings,
    REDIS_URL: redis.url,
    MILLRACE_HOME: home,
    MILLRACE_QUEUE_PREFIX: redis.prefix,
    MILLRACE_RECONCILE_EVERY_MS: '1000',
    NO_COLOR: '1',
  };
  const workers: TestWorker[] = [];
  const stack: TestStack = {
    folder,
    redisUrl: redis.url,
    prefix: redis.prefix,
    store: createRunStore(await openFolderBucket(path.join(home, 'bucket'))),
    async start(service, extra = {}) {
      const worker = await startWorker(
        service,
        { ...environment, ...extra },
        path.join(folder, `${service}.log`),
      );
      workers.push(worker);
      return worker;
    },
    cli: (...args) => collect(stack.spawnCli(...args)),
    cliWith: (extra, ...args) => collect(spawnCli({ ...environment, ...extra }, folder, args)),
    settled: () => settled(redis.url, redis.prefix),
    spawnCli: (...args) => spawnCli(environment, folder, args),
    emptyRedis: () => emptyRedis(redis.url, redis.prefix),
    async stop() {
      await Promise.all(workers.map((worker) => worker.kill('SIGKILL')));
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await Promise.all(services.map((service) => stack.start(service)));
  return stack;
}

async function startWorker(
  service: Service,
  environment: NodeJS.ProcessEnv,
  logFile: string,
): Promise<TestWorker> {
  const child = spawn(process.execPath, [path.join(ROOT, 'services', service, 'dist/main.js')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Record<string, unknown>[] = [];
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stderr.pipe(log, { end: false });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      log.write(`${text}\n`);
      const line = JSON.parse(text) as Record<string, unknown>;
      lines.push(line);
      if (line['msg'] === 'ready') resolve();
    });
    child.once('exit', (code, signal) =>
      reject(new Error(`${service} ended (${signal ?? code}) before it was ready: see ${logFile}`)),
    );
  });
  return {
    pid: child.pid ?? 0,
    lines,
    exitCode: () => child.exitCode,
    send: (signal) => void child.kill(signal),
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

function spawnCli(environment: NodeJS.ProcessEnv, cwd: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function settled(redisUrl: string, prefix: string): Promise<void> {
  const queue = await connectQueue({ redisUrl, prefix, attempts: 1 });
  try {
    await until(async () => {
      const depths = await Promise.all(STAGES.map((stage) => queue.depth(stage)));
      return depths.every(({ waiting, running }) => waiting + running === 0);
    }, 'no job waits or runs');
  } finally {
    await queue.close();
  }
}

/**
 * At once, as `FLUSHALL` is: a job that is added between finding the keys and deleting them would lose its place in
 * the queue and keep its data, which no loss of Redis does, and nothing would take it or add it again.
 */
const EMPTY = `
  local keys = redis.call('KEYS', ARGV[1])
  for at = 1, #keys do redis.call('DEL', keys[at]) end`;

async function emptyRedis(url: string, prefix: string): Promise<void> {
  const redis = await connectOrFail(url);
  await redis.eval(EMPTY, 0, `${prefix.replaceAll(/[[\]?*]/g, '?')}*`);
  redis.disconnect();
}

async function collect(child: ChildProcess): Promise<CliResult> {
  let [stdout, stderr] = ['', ''];
  // A character may be cut in two between chunks.
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
