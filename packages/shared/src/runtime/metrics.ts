import { STAGES, type Stage } from '../core/task.ts';
import { collectDefaultMetrics, Gauge, Registry } from '../npm/prom-client.ts';
import type { TaskQueue } from '../ports/queue.ts';
import { CODE_VERSION } from './version.ts';

export type { Registry } from 'prom-client';

/** Prometheus gives up after 10 s, and then knows nothing of the process; without Redis it should know the rest. */
const QUEUE_ANSWER_MAX_MS = 2000;

/**
 * The numbers of one process for Prometheus: memory, processor, lag of the event loop, version. A registry of its own and not
 * the global one, so that tests can have several.
 * @param service name of the process: a stage, or `dashboard`
 */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: 'millrace_build_info',
    help: 'Always 1; its labels tell which service and version this process is.',
    labelNames: ['service', 'version'],
    registers: [registry],
  });
  info.set({ service, version: CODE_VERSION }, 1);
  return registry;
}

/**
 * Adds the depth of the queues of `stages` and the age of what waits in them, asked of Redis at each scrape. They are left
 * out while Redis does not answer. Several processes may tell of the same queue: take their maximum, not their sum.
 */
export function measureQueues(
  registry: Registry,
  queue: Pick<TaskQueue, 'depth' | 'oldestAt'>,
  stages: readonly Stage[] = STAGES,
): void {
  let asked: Promise<readonly QueueLook[]> | null = null;
  // Shared by the two gauges, which are collected together. A Redis that does not answer is not asked again meanwhile.
  const look = () => {
    asked ??= lookAtQueues(queue, stages).finally(() => (asked = null));
    return withinTime(asked);
  };
  const jobs = new Gauge({
    name: 'millrace_queue_jobs',
    help: 'Jobs in the queue of a stage that wait, or that are being worked on.',
    labelNames: ['stage', 'state'],
    registers: [registry],
    async collect() {
      const looks = await look();
      jobs.reset();
      for (const { stage, waiting, running } of looks) {
        jobs.set({ stage, state: 'waiting' }, waiting);
        jobs.set({ stage, state: 'running' }, running);
      }
    },
  });
  const age = new Gauge({
    name: 'millrace_queue_oldest_age_seconds',
    help: 'Seconds since the oldest waiting job of a stage was added; 0 when none waits.',
    labelNames: ['stage'],
    registers: [registry],
    async collect() {
      const looks = await look();
      age.reset();
      for (const { stage, ageSeconds } of looks) age.set({ stage }, ageSeconds);
    },
  });
}

interface QueueLook {
  readonly stage: Stage;
  readonly waiting: number;
  readonly running: number;
  readonly ageSeconds: number;
}

async function lookAtQueues(
  queue: Pick<TaskQueue, 'depth' | 'oldestAt'>,
  stages: readonly Stage[],
): Promise<readonly QueueLook[]> {
  return Promise.all(
    stages.map(async (stage) => {
      const [depth, oldestAt] = await Promise.all([queue.depth(stage), queue.oldestAt(stage)]);
      const ageMs = oldestAt === null ? 0 : Math.max(0, Date.now() - Date.parse(oldestAt));
      return { stage, ...depth, ageSeconds: ageMs / 1000 };
    }),
  );
}

/** Nothing when the answer fails or takes too long: that Redis is away is told by `/health` and the log. */
async function withinTime(answer: Promise<readonly QueueLook[]>): Promise<readonly QueueLook[]> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<readonly QueueLook[]>((resolve) => {
    timer = setTimeout(() => resolve([]), QUEUE_ANSWER_MAX_MS);
  });
  try {
    return await Promise.race([answer.catch(() => []), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
