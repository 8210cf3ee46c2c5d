import type { Redis } from 'ioredis';

import { STAGES } from '../core/task.ts';
import { z } from '../npm/zod.ts';
import { connectOrFail, redisUnavailable } from './redis-connection.ts';

const workerInfo = z.object({
  id: z.string(),
  stage: z.enum(STAGES),
  pid: z.number(),
  host: z.string(),
  version: z.string(),
  startedAt: z.string(),
  seenAt: z.string(),
  rssBytes: z.number(),
  healthUrl: z.string(),
  /** What the worker does now, with counts so far; null when it waits. */
  task: z
    .object({
      run: z.string(),
      task: z.string(),
      startedAt: z.string(),
      rows: z.number(),
      batches: z.number(),
      rejected: z.number(),
    })
    .nullable(),
  /**
   * The last task that it could not go on with, and why: until it gets on with it or tries it again. Null when there is
   * none. Others may have done the task since.
   */
  heldUp: z
    .object({ run: z.string(), task: z.string(), message: z.string(), at: z.string() })
    .nullable()
    .default(null),
});

/** What a worker says of itself, every half second. For display only: nothing is decided by it. */
export type WorkerInfo = z.infer<typeof workerInfo>;

export const HEARTBEAT_MS = 500;
/** A worker that was silent for longer is not shown. */
export const SILENT_MS = 10_000;

const registryKey = (prefix: string) => `${prefix}:workers`;

export async function announceWorker(redis: Redis, prefix: string, info: WorkerInfo): Promise<void> {
  await redis.hset(registryKey(prefix), info.id, JSON.stringify(info));
}

export async function withdrawWorker(redis: Redis, prefix: string, id: string): Promise<void> {
  await redis.hdel(registryKey(prefix), id);
}

/** The workers that were heard of in the last ten seconds, by stage. Forgets those that fell silent. */
export async function readWorkers(
  redis: Redis,
  prefix: string,
  now: number = Date.now(),
): Promise<WorkerInfo[]> {
  const entries = await redis.hgetall(registryKey(prefix));
  const alive: WorkerInfo[] = [];
  for (const [id, text] of Object.entries(entries)) {
    const worker = readWorker(text);
    if (worker !== null && now - Date.parse(worker.seenAt) < SILENT_MS) alive.push(worker);
    else await redis.hdel(registryKey(prefix), id);
  }
  return alive.sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || a.id.localeCompare(b.id));
}

function readWorker(text: string): WorkerInfo | null {
  try {
    return workerInfo.parse(JSON.parse(text));
  } catch {
    // Not of any worker of this version. For display only, so it is passed over and forgotten.
    return null;
  }
}

/** As `readWorkers`, over a connection of its own. Throws `redis_unavailable`. */
export async function listWorkers(options: { redisUrl: string; prefix: string }): Promise<WorkerInfo[]> {
  const redis = await connectOrFail(options.redisUrl);
  try {
    return await readWorkers(redis, options.prefix);
  } catch (error) {
    throw redisUnavailable(options.redisUrl, error);
  } finally {
    redis.disconnect();
  }
}
