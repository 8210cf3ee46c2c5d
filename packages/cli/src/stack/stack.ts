import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { readWorkers } from '@millrace/shared/adapters/worker-registry';
import { fail, type MillraceError } from '@millrace/shared/core/errors';
import { STAGES, type Stage } from '@millrace/shared/core/task';
import type { Config } from '@millrace/shared/runtime/config';
import { startRedis, type RedisHandle } from '@millrace/shared/runtime/redis-server';

import { superviseDashboard } from './dashboard-process.ts';
import { rotateLog } from './log-file.ts';
import { memoryVariables } from './memory-variables.ts';
import { SERVICE_OF, superviseService, type ServiceProcess } from './service-process.ts';
import { lockStack, removeStackFile, writeStackFile, type StackRecord } from './stack-file.ts';

export type WorkerCounts = Readonly<Record<Stage, number>>;
export const DEFAULT_WORKERS: WorkerCounts = { extract: 2, transform: 1, load: 1 };

export interface StackOptions {
  readonly config: Config;
  /** Passed on to the services, and read for `REDIS_URL` and `PATH`. */
  readonly variables: NodeJS.ProcessEnv;
  readonly workers: WorkerCounts;
  readonly lifetime: StackRecord['lifetime'];
  /** Whether to start the dashboard as well. */
  readonly dashboard: boolean;
  readonly log: (line: string) => void;
}

/** Redis and the services of all stages on this machine, each a process of its own. */
export interface Stack {
  readonly redisUrl: string;
  readonly redis: string;
  /** Null without a dashboard, and when it has not come up. */
  readonly dashboardUrl: string | null;
  /** Rejects when a service or Redis cannot be kept running; never resolves. */
  readonly broken: Promise<never>;
  /** Ends all of it. May be called twice. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
/** On top of the time a service may take to finish its task. */
const STOP_GRACE_MS = 3000;

/**
 * Starts the stack of a home and returns when every service is ready for work.
 * @throws `stack_running`, `service_failed`, `redis_not_found`, `redis_unavailable`
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { config } = options;
  const lock = await lockStack(config.home);
  if (lock === null) {
    throw fail('stack_running', {
      message: 'A stack of this folder runs already.',
      where: config.home,
      hint: 'Use it: `millrace run <pipeline>`, `millrace workers`. Or stop it with `millrace down`.',
    });
  }
  const releases: (() => Promise<void> | void)[] = [() => lock.release()];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= releaseAll(releases));
  try {
    await removeStackFile(config.home);
    rotateLog(path.join(config.home, 'redis', 'redis.log'));
    const { promise: broken, reject: onBroken } = rejectable();
    const redis = await startRedis({
      env: { ...options.variables },
      cacheDir: path.join(config.home, 'cache'),
      dataDir: path.join(config.home, 'redis'),
      log: options.log,
      onBroken,
    });
    releases.push(() => redis.stop());
    const services = await startServices(options, redis, onBroken);
    const dashboard = options.dashboard
      ? superviseDashboard({
          env: serviceVariables(options, redis),
          logFile: path.join(config.home, 'logs', 'dashboard.log'),
          log: options.log,
        })
      : null;
    if (dashboard !== null) releases.push(() => dashboard.process.stop(STOP_GRACE_MS));
    const patienceMs = config.shutdownTimeoutMs + STOP_GRACE_MS;
    releases.push(async () => void (await Promise.all(services.map((service) => service.stop(patienceMs)))));
    await readyOrBroken(services, broken, redis.url, config.queuePrefix);
    const dashboardUrl = (await dashboard?.url) ?? null;
    await writeStackFile(config.home, {
      pid: process.pid,
      redisUrl: redis.url,
      dashboardUrl,
      startedAt: new Date().toISOString(),
      lifetime: options.lifetime,
    });
    // Taken away first: who looks for a stack from then on waits for the lock instead of using one that ends.
    releases.push(() => removeStackFile(config.home));
    return { redisUrl: redis.url, redis: redis.describe, dashboardUrl, broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** In the opposite order of acquiring; a failure of one does not keep the others. */
async function releaseAll(releases: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const release of [...releases].reverse()) {
    try {
      await release();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function startServices(
  options: StackOptions,
  redis: RedisHandle,
  onBroken: (error: MillraceError) => void,
): Promise<ServiceProcess[]> {
  const { config, workers, log } = options;
  const logs = path.join(config.home, 'logs');
  await mkdir(logs, { recursive: true });
  const env = {
    ...serviceVariables(options, redis),
    // Several services share this machine, so none can have a fixed port.
    MILLRACE_HEALTH_PORT: '0',
  };
  return STAGES.flatMap((stage) =>
    Array.from({ length: workers[stage] }, (_, index) => {
      const service = SERVICE_OF[stage];
      const name = workers[stage] === 1 ? service : `${service}-${index + 1}`;
      return superviseService({
        name,
        service,
        env,
        logFile: path.join(logs, `${name}.log`),
        log,
        onBroken,
      });
    }),
  );
}

function serviceVariables({ config, variables }: StackOptions, redis: RedisHandle): NodeJS.ProcessEnv {
  return {
    ...variables,
    ...memoryVariables(config.memoryLimitBytes, variables),
    REDIS_URL: redis.url,
    MILLRACE_HOME: config.home,
    MILLRACE_BUCKET: config.bucket,
  };
}

function rejectable(): { promise: Promise<never>; reject: (error: MillraceError) => void } {
  let reject: (error: MillraceError) => void = () => undefined;
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  // Whoever races it sees the rejection; when nobody does, the process must not end by it.
  promise.catch(() => undefined);
  return { promise, reject };
}

async function readyOrBroken(
  services: readonly ServiceProcess[],
  broken: Promise<never>,
  redisUrl: string,
  prefix: string,
): Promise<void> {
  const waiting = new AbortController();
  try {
    await Promise.race([untilReady(services, redisUrl, prefix, waiting.signal), broken]);
  } finally {
    waiting.abort();
  }
}

async function untilReady(
  services: readonly ServiceProcess[],
  redisUrl: string,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  const giveUpAt = Date.now() + READY_TIMEOUT_MS;
  const redis = await connectOrFail(redisUrl);
  try {
    while (!signal.aborted && Date.now() < giveUpAt) {
      const pids = new Set((await readWorkers(redis, prefix)).map((worker) => worker.pid));
      if (services.every((service) => pids.has(service.pid() ?? -1))) return;
      await delay(READY_POLL_MS);
    }
  } finally {
    redis.disconnect();
  }
  throw fail('service_failed', {
    message: `The services did not become ready within ${READY_TIMEOUT_MS / 1000} s.`,
    hint: 'Look into the logs in `.millrace/logs`.',
  });
}
