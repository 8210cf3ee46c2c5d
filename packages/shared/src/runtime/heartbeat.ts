import { hostname } from 'node:os';

import type { Redis } from 'ioredis';

import {
  announceWorker,
  HEARTBEAT_MS,
  SILENT_MS,
  withdrawWorker,
  type WorkerInfo,
} from '../adapters/worker-registry.ts';
import type { Stage } from '../core/task.ts';
import type { TaskProgress } from '../ports/task-handler.ts';
import type { Config } from './config.ts';
import { startHealthServer } from './health.ts';
import type { Registry } from './metrics.ts';
import { CODE_VERSION } from './version.ts';

/** Tells others that this worker lives and what it does: by `/health` and in the registry of workers. */
export interface Heartbeat {
  readonly healthUrl: string;
  begin(run: string, task: string): void;
  progress(this: void, progress: TaskProgress): void;
  /** Tells people why a task does not go on, until it does. */
  heldUp(run: string, task: string, message: string): void;
  end(): void;
  /** Whether the worker takes jobs, which it does not until told. */
  setReady(ready: boolean): void;
  stop(): Promise<void>;
}

interface Options {
  readonly stage: Stage;
  readonly worker: string;
  readonly config: Config;
  readonly redis: Redis;
  readonly registry: Registry;
}

export async function startHeartbeat(options: Options): Promise<Heartbeat> {
  const { stage, worker, config, redis, registry } = options;
  const startedAt = new Date().toISOString();
  let task: WorkerInfo['task'] = null;
  let heldUp: WorkerInfo['heldUp'] = null;
  const holdUp = (run: string, name: string, message: string) => {
    heldUp = { run, task: name, message, at: new Date().toISOString() };
  };
  const goesOn = (run: string, name: string) => {
    if (heldUp?.run === run && heldUp.task === name) heldUp = null;
  };
  let heardAt = Date.now();
  let isReady = false;
  const read = () => {
    // A connection may look open for minutes after its other end is gone.
    const healthy = redis.status === 'ready' && Date.now() - heardAt < SILENT_MS;
    return {
      healthy,
      ready: healthy && isReady,
      stage,
      worker,
      version: CODE_VERSION,
      redis: redis.status,
      startedAt,
      task: task === null ? null : { run: task.run, task: task.task },
    };
  };
  const address = { host: config.healthHost, port: config.healthPort };
  const health = await startHealthServer({ ...address, read, registry });
  const announce = async () => {
    // While Redis is away nobody could read it, and queued heartbeats would all arrive at once later.
    if (redis.status !== 'ready') return;
    await announceWorker(redis, config.queuePrefix, {
      id: worker,
      stage,
      pid: process.pid,
      host: hostname(),
      version: CODE_VERSION,
      startedAt,
      seenAt: new Date().toISOString(),
      rssBytes: process.memoryUsage.rss(),
      healthUrl: health.url,
      task,
      heldUp,
    });
    heardAt = Date.now();
  };
  // A heartbeat that is lost is followed by the next one.
  const timer = setInterval(() => void announce().catch(() => undefined), HEARTBEAT_MS);
  await announce();
  return {
    healthUrl: health.url,
    begin: (run, name) => {
      goesOn(run, name);
      task = { run, task: name, startedAt: new Date().toISOString(), rows: 0, batches: 0, rejected: 0 };
    },
    progress: ({ heldUpBy, ...counts }) => {
      if (task === null) return;
      task = { ...task, ...counts };
      if (heldUpBy === undefined) goesOn(task.run, task.task);
      else holdUp(task.run, task.task, heldUpBy);
    },
    heldUp: holdUp,
    end: () => {
      task = null;
    },
    setReady: (ready) => {
      isReady = ready;
    },
    stop: async () => {
      clearInterval(timer);
      if (redis.status === 'ready') await withdrawWorker(redis, config.queuePrefix, worker);
      await health.close();
    },
  };
}
