import { connectOrFail } from '../adapters/redis-connection.ts';
import { readWorkers } from '../adapters/worker-registry.ts';

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
  close(): void;
}

export const NO_WORKER_FEED: WorkerFeed = {
  look: () => Promise.resolve(NOTHING),
  close: () => undefined,
};

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

  return {
    async look(run) {
      if (connection === null && Date.now() < retryAt) return NOTHING;
      try {
        connection ??= connectOrFail(redisUrl);
        const workers = await readWorkers(await connection, prefix);
        return {
          inFlight: workers.flatMap(({ task }) => (task?.run === run ? [task] : [])),
          heldUp: workers.flatMap(({ heldUp }) => (heldUp?.run === run ? [heldUp] : [])),
        };
      } catch {
        await disconnect();
        return NOTHING;
      }
    },
    close: () => void disconnect(),
  };
}
