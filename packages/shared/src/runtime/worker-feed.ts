import { connectOrFail } from '../adapters/redis-connection.ts';
import { readWorkers, type WorkerInfo } from '../adapters/worker-registry.ts';

import type { TaskInFlight } from '../core/report/run-progress.ts';
import type { WorkersView } from '../core/report/wait-report.ts';

export interface RunAtWorkers extends WorkersView {
  readonly inFlight: readonly (TaskInFlight & WorkersView['inFlight'][number])[];
}

const NOTHING: RunAtWorkers = { inFlight: [], heldUp: [] };

/** What workers say they are doing, for display. */
export interface WorkerFeed {
  /** Empty while Redis is away: progress then shows finished tasks only, which is true and merely coarser. */
  look(run: string): Promise<RunAtWorkers>;
  /** All workers; null while Redis is away. */
  list(): Promise<WorkerInfo[] | null>;
  close(): void;
}

export const NO_WORKER_FEED: WorkerFeed = {
  look: () => Promise.resolve(NOTHING),
  list: () => Promise.resolve(null),
  close: () => undefined,
};

/** What some workers say of one run. */
export function atRun(workers: readonly WorkerInfo[], run: string): RunAtWorkers {
  return {
    inFlight: workers.flatMap(({ task }) => (task?.run === run ? [task] : [])),
    heldUp: workers.flatMap(({ heldUp }) => (heldUp?.run === run ? [heldUp] : [])),
  };
}

const RECONNECT_AFTER_MS = 2000;

export function openWorkerFeed(redisUrl: string, prefix: string): WorkerFeed {
  let connection: ReturnType<typeof connectOrFail> | null = null;
  let retryAt = 0;

  async function disconnect(): Promise<void> {
    const failed = connection;
    connection = null;
    retryAt = Date.now() + RECONNECT_AFTER_MS;
    await failed?.then((redis) => redis.disconnect()).catch(() => undefined);
  }

  async function list(): Promise<WorkerInfo[] | null> {
    if (connection === null && Date.now() < retryAt) return null;
    try {
      connection ??= connectOrFail(redisUrl);
      return await readWorkers(await connection, prefix);
    } catch {
      await disconnect();
      return null;
    }
  }

  return {
    list,
    async look(run) {
      const workers = await list();
      return workers === null ? NOTHING : atRun(workers, run);
    },
    close: () => void disconnect(),
  };
}
