import { readWorkers, type WorkerInfo } from '@millrace/shared/adapters/worker-registry';
import type { Redis } from 'ioredis';

import type { WorkersPage } from '../api/worker.ts';
import type { TasksSeen } from '../view/task-rows.ts';

/** All askers within this time get the same answer, which is no older than a heartbeat. */
const FRESH_MS = 400;

/** What workers say of themselves; nothing while Redis is away: finished tasks are then seen all the same. */
export interface WorkerView {
  page(): Promise<WorkersPage>;
  atRun(run: string): Promise<TasksSeen>;
}

export function createWorkerView(redis: Redis, prefix: string): WorkerView {
  let asked: Promise<WorkerInfo[]> | null = null;
  let freshUntil = 0;

  function read(): Promise<WorkerInfo[]> {
    if (asked === null || performance.now() > freshUntil) {
      freshUntil = performance.now() + FRESH_MS;
      asked = readWorkers(redis, prefix);
    }
    return asked;
  }

  return {
    async page() {
      try {
        return { problem: null, workers: (await read()).map(describe) };
      } catch (error) {
        return { problem: `Redis does not answer: ${messageOf(error)}`, workers: [] };
      }
    },
    async atRun(run) {
      const workers = await read().catch((): WorkerInfo[] => []);
      return {
        inFlight: workers.flatMap(({ id, task }) => (task?.run === run ? [{ ...task, worker: id }] : [])),
        heldUp: workers.flatMap(({ heldUp }) => (heldUp?.run === run ? [heldUp] : [])),
      };
    },
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describe(worker: WorkerInfo): WorkersPage['workers'][number] {
  const { id, stage, pid, host, version, task, heldUp } = worker;
  return {
    id,
    stage,
    pid,
    host,
    version,
    started_at: worker.startedAt,
    seen_at: worker.seenAt,
    rss_bytes: worker.rssBytes,
    task:
      task === null
        ? null
        : {
            run: task.run,
            task: task.task,
            started_at: task.startedAt,
            rows: task.rows,
            batches: task.batches,
            rejected: task.rejected,
          },
    held_up: heldUp,
  };
}
