import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { STAGES, type Stage } from '../core/task.ts';
import type { Job, JobState, TaskQueue } from '../ports/queue.ts';
import { jobSettings } from './bullmq-settings.ts';
import { connectOrFail, redisUnavailable } from './redis-connection.ts';

const CHUNK = 500;

export interface QueueOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly attempts: number;
  /** An existing connection, which stays open on `close`; without it one is made that fails fast. */
  readonly connection?: Redis;
}

/** The queues of the three stages in Redis. Throws `redis_unavailable` when Redis does not answer in time. */
export async function connectQueue(options: QueueOptions): Promise<TaskQueue> {
  const redis = options.connection ?? (await connectOrFail(options.redisUrl));
  const queues = new Map(STAGES.map((stage) => [stage, openQueue(stage, redis, options.prefix)]));
  const queueOf = (stage: Stage) => queues.get(stage) as Queue;
  const guarded = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw redisUnavailable(options.redisUrl, error);
    }
  };
  return {
    add: (stage, jobs) => guarded(() => addAll(queueOf(stage), jobs, options.attempts)),
    state: (stage, id) => guarded(() => stateOf(queueOf(stage), id)),
    depth: (stage) => guarded(() => depthOf(queueOf(stage))),
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      if (options.connection === undefined) redis.disconnect();
    },
  };
}

function openQueue(stage: Stage, redis: Redis, prefix: string): Queue {
  const queue = new Queue(stage, { connection: redis, prefix });
  // A lost connection reaches the caller through the command that fails.
  queue.on('error', () => undefined);
  return queue;
}

async function addAll(queue: Queue, jobs: readonly Job[], attempts: number): Promise<void> {
  for (let at = 0; at < jobs.length; at += CHUNK) {
    await queue.addBulk(
      jobs.slice(at, at + CHUNK).map((job) => ({
        name: job.message.type,
        data: job.message,
        opts: jobSettings(job.id, attempts),
      })),
    );
  }
}

async function stateOf(queue: Queue, id: string): Promise<JobState> {
  const state = await queue.getJobState(id);
  switch (state) {
    case 'completed':
    case 'failed':
      return state;
    case 'active':
      return 'running';
    case 'unknown':
      return 'missing';
    default:
      return 'waiting';
  }
}

async function depthOf(queue: Queue): Promise<{ waiting: number; running: number }> {
  const counts = await queue.getJobCounts('wait', 'delayed', 'prioritized', 'active');
  const { active = 0, ...others } = counts;
  return { waiting: Object.values(others).reduce((sum, count) => sum + count, 0), running: active };
}
