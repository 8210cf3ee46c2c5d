import { STAGES, type Stage } from '@millrace/shared/core/task';
import { Queue } from '@millrace/shared/npm/bullmq';
import type { Redis } from 'ioredis';

import type { QueueRow, QueuesPage } from '../api/worker.ts';
import { lastMinutes } from '../view/last-minutes.ts';
import { paced } from './pace.ts';
import { messageOf } from './worker-view.ts';

export interface QueueFeed {
  readonly queues: ReadonlyMap<Stage, Queue>;
  look(): Promise<QueuesPage>;
  close(): Promise<void>;
}

const DEPTH_POINTS = 300;
/** Five minutes of points. */
const DEPTH_EVERY_MS = 1000;
const MINUTES = 60;
/** A queue of BullMQ that has never been connected waits for ever. */
const ANSWER_MAX_MS = 3000;

interface DepthPoint {
  readonly at: string;
  readonly jobs: number;
}

export function createQueueFeed(redis: Redis, prefix: string): QueueFeed {
  const queues = new Map(
    STAGES.map((stage) => {
      const queue = new Queue(stage, { connection: redis, prefix });
      queue.on('error', () => undefined);
      return [stage, queue] as const;
    }),
  );
  const depths = new Map(STAGES.map((stage) => [stage, [] as DepthPoint[]]));
  let sampledAt = 0;

  const seen = paced(async (): Promise<QueuesPage> => {
    try {
      const isSample = Date.now() - sampledAt >= DEPTH_EVERY_MS;
      if (isSample) sampledAt = Date.now();
      const asked = [...queues].map(([stage, queue]) =>
        describe(stage, queue, depths.get(stage) ?? [], isSample),
      );
      return { problem: null, queues: await inTime(Promise.all(asked)) };
    } catch (error) {
      return { problem: `Redis does not answer: ${messageOf(error)}`, queues: [] };
    }
  });

  return {
    queues,
    look: () => seen.look(),
    close: async () => void (await Promise.all([...queues.values()].map((queue) => queue.close()))),
  };
}

async function describe(
  stage: Stage,
  queue: Queue,
  depth: DepthPoint[],
  isSample: boolean,
): Promise<QueueRow> {
  const [counts, completed, failed] = await Promise.all([
    queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed'),
    queue.getMetrics('completed', 0, MINUTES),
    queue.getMetrics('failed', 0, MINUTES),
  ]);
  const nowMs = Date.now();
  const { wait = 0, prioritized = 0, delayed = 0, active = 0 } = counts;
  if (isSample)
    depth.push({ at: new Date(nowMs).toISOString(), jobs: wait + prioritized + delayed + active });
  if (depth.length > DEPTH_POINTS) depth.shift();
  return {
    queue: stage,
    waiting: wait + prioritized,
    delayed,
    active,
    failed: counts['failed'] ?? 0,
    completed_per_minute: lastMinutes(completed, MINUTES, nowMs),
    failed_per_minute: lastMinutes(failed, MINUTES, nowMs),
    depth: [...depth],
    url: `/queues/queue/${stage}`,
  };
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_MAX_MS);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
