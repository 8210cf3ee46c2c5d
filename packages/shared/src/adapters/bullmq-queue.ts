import type { Redis } from 'ioredis';

import { fail } from '../core/errors.ts';
import { STAGES, type Stage } from '../core/task.ts';
import { Queue } from '../npm/bullmq.ts';
import type { Job, JobState, TaskQueue } from '../ports/queue.ts';
import { jobSettings, MESSAGE_MAX_BYTES } from './bullmq-settings.ts';
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
    states: (stage, ids) => guarded(() => statesOf(queueOf(stage), redis, ids)),
    depth: (stage) => guarded(() => depthOf(queueOf(stage))),
    oldestAt: (stage) => guarded(() => oldestOf(queueOf(stage))),
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
  jobs.forEach(checkSize);
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

function checkSize({ id, message }: Job): void {
  const bytes = Buffer.byteLength(JSON.stringify(message));
  if (bytes <= MESSAGE_MAX_BYTES) return;
  throw fail('message_invalid', {
    message: `A message has ${bytes} bytes, and at most ${MESSAGE_MAX_BYTES} may ride a queue.`,
    where: `job ${id.slice(0, 100)}`,
  });
}

/**
 * Looks only whether a job is there and whether it has ended. BullMQ's own `getJobState` walks the whole list of
 * waiting jobs for each job it is asked about, inside Redis, where all others wait meanwhile.
 */
async function statesOf(queue: Queue, redis: Redis, ids: readonly string[]): Promise<JobState[]> {
  const states: JobState[] = [];
  for (let at = 0; at < ids.length; at += CHUNK) {
    const chunk = ids.slice(at, at + CHUNK);
    const pipeline = redis.pipeline();
    for (const id of chunk) {
      pipeline.exists(queue.toKey(id)).zscore(queue.toKey('completed'), id).zscore(queue.toKey('failed'), id);
    }
    const answers = ((await pipeline.exec()) ?? []).map(([error, answer]) => {
      if (error !== null) throw error;
      return answer;
    });
    for (let job = 0; job < chunk.length; job += 1) states.push(stateOf(answers.slice(job * 3, job * 3 + 3)));
  }
  return states;
}

function stateOf([exists, completedAt, failedAt]: readonly unknown[]): JobState {
  if (exists !== 1) return 'missing';
  if (typeof completedAt === 'string') return 'completed';
  return typeof failedAt === 'string' ? 'failed' : 'open';
}

async function depthOf(queue: Queue): Promise<{ waiting: number; running: number }> {
  const counts = await queue.getJobCounts('wait', 'delayed', 'prioritized', 'active');
  const { active = 0, ...others } = counts;
  return { waiting: Object.values(others).reduce((sum, count) => sum + count, 0), running: active };
}

/** Of each list the job that is taken next: in the list of waiting ones that is the oldest. */
async function oldestOf(queue: Queue): Promise<string | null> {
  const next = await queue.getJobs(['wait', 'prioritized', 'delayed'], 0, 0, true);
  const addedMs = next.map((job) => job.timestamp);
  return addedMs.length === 0 ? null : new Date(Math.min(...addedMs)).toISOString();
}
