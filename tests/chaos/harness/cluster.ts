import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { createRunStore, type RunStore } from '@millrace/shared/runtime/run-store';

import type { CliResult, Service } from '../../support/test-stack.ts';
import { until } from '../../support/until.ts';
import { endWithHarness } from './end-with-harness.ts';
import type { PrivateBuild } from './private-build.ts';
import { createRedisServer, type RedisServer } from './redis-server.ts';
import { spawnWorker, type WorkerProcess } from './worker-process.ts';

const RESTART_AFTER_MS = 100;
const RESTART_AGAIN_AFTER_MS = 500;
const STOP_TIMEOUT_MS = 15_000;

/** Real workers and a Redis in a folder of their own, with a supervisor that starts again what dies. */
export interface Cluster {
  readonly folder: string;
  readonly bucket: string;
  readonly redis: RedisServer;
  readonly store: RunStore;
  /** All that were ever started, in that order. */
  readonly workers: readonly WorkerProcess[];
  /** Living workers of a service. */
  living(service: Service): WorkerProcess[];
  /** Starts a worker that is started again whenever it dies, until `stop`. */
  supervise(service: Service, settings?: Readonly<Record<string, string>>): WorkerProcess;
  /** Starts one that is not. */
  start(service: Service, settings?: Readonly<Record<string, string>>): WorkerProcess;
  ready(worker: WorkerProcess): Promise<void>;
  cli(...args: string[]): Promise<CliResult>;
  spawnCli(...args: string[]): ChildProcess;
  /**
   * Ends all by SIGTERM, then Redis.
   * @returns what was wrong with the ending: processes that had to be killed, that failed, or that were left over
   */
  stop(): Promise<string[]>;
}

export async function startCluster(
  build: PrivateBuild,
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Cluster> {
  const home = path.join(folder, 'home');
  const logs = path.join(folder, 'logs');
  await mkdir(logs, { recursive: true });
  const redis = await createRedisServer(path.join(folder, 'redis'));
  await redis.start();
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    REDIS_URL: redis.url,
    MILLRACE_HOME: home,
    MILLRACE_RECONCILE_EVERY_MS: '500',
    NO_COLOR: '1',
    ...settings,
  };
  const workers: WorkerProcess[] = [];
  let isStopping = false;

  const start = (service: Service, extra: Readonly<Record<string, string>> = {}) => {
    const log = path.join(logs, `${service}-${workers.length}.log`);
    const worker = spawnWorker(service, build.service(service), { ...environment, ...extra }, log);
    workers.push(worker);
    return worker;
  };
  const supervise = (service: Service, extra: Readonly<Record<string, string>> = {}) => {
    const worker = start(service, extra);
    void worker.exited.then(async () => {
      // Without Redis a worker may end as soon as it is started.
      await delay(worker.isReady() ? RESTART_AFTER_MS : RESTART_AGAIN_AFTER_MS);
      if (!isStopping) supervise(service, extra);
    });
    return worker;
  };
  const spawnCli = (...args: string[]) =>
    endWithHarness(
      spawn(process.execPath, [build.cli, ...args], {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );

  return {
    folder,
    bucket: path.join(home, 'bucket'),
    redis,
    store: createRunStore(await openFolderBucket(path.join(home, 'bucket'))),
    workers,
    living: (service) => workers.filter((worker) => worker.service === service && worker.isAlive()),
    start,
    supervise,
    ready: (worker) => until(() => worker.isReady(), `${worker.service} ${worker.pid} is ready`, 30_000),
    cli: (...args) => collect(spawnCli(...args)),
    spawnCli,
    async stop() {
      isStopping = true;
      redis.resume();
      const wrong = (await Promise.all(workers.filter((worker) => worker.isAlive()).map(end))).flat();
      await redis.kill();
      return [...wrong, ...(await leftOver(home))];
    },
  };
}

async function end(worker: WorkerProcess): Promise<string[]> {
  const name = `${worker.service} ${worker.pid}`;
  worker.send('SIGCONT');
  if (!worker.isTold()) worker.send('SIGTERM');
  const ended = await Promise.race([worker.exited, delay(STOP_TIMEOUT_MS, null, { ref: false })]);
  if (ended === null) {
    await worker.kill('SIGKILL');
    return [`${name} did not end within ${STOP_TIMEOUT_MS} ms of SIGTERM`];
  }
  // One that was told to stop before it listened for signals.
  if (!worker.isReady()) return [];
  return ended.code === 0 ? [] : [`${name} ended by ${ended.signal ?? ended.code} after SIGTERM`];
}

/** Processes that still work for a home: children that outlived a killed worker. */
async function leftOver(home: string): Promise<string[]> {
  const isOurs = async (pid: string) => {
    const variables = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return variables.split('\0').includes(`MILLRACE_HOME=${home}`);
  };
  let left: string[] = [];
  try {
    await until(
      async () => {
        const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
        const ours = await Promise.all(pids.map(isOurs));
        left = pids.filter((_, index) => ours[index]);
        return left.length === 0;
      },
      'no process is left over',
      3000,
    );
    return [];
  } catch {
    return left.map((pid) => `process ${pid} was left over`);
  }
}

async function collect(child: ChildProcess): Promise<CliResult> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
