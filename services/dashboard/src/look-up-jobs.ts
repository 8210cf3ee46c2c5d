import { jobId } from '@millrace/shared/core/bucket-layout';
import type { RunState } from '@millrace/shared/runtime/run-store';

import type { TaskRow } from './api/task.ts';
import type { DashboardTools } from './tools.ts';
import { jobUrl, type TaskTable } from './view/task-rows.ts';

const CHUNK = 500;

/**
 * Asks the queues how often the jobs of these tasks were started, and in which round: manifests do not know. Nothing is told
 * while Redis is away.
 */
export async function lookUpJobs(
  { queues, redis }: Pick<DashboardTools, 'queues' | 'redis'>,
  { request, round }: RunState,
  tasks: TaskTable,
  since: number,
): Promise<void> {
  const rows = tasks.since(since).filter(isWorthAsking);
  for (let at = 0; at < rows.length; at += CHUNK) {
    const asked = rows.slice(at, at + CHUNK).flatMap((row) => {
      const queue = queues.queues.get(row.stage);
      // The newest round first: of several jobs of one task it is the last that tells how it went.
      return queue === undefined
        ? []
        : rounds(round).map((of) => ({
            row,
            queue,
            id: jobId(request.run, row.id, tasks.generation(row.id), of),
          }));
    });
    const pipeline = redis.pipeline();
    for (const { queue, id } of asked) pipeline.hget(queue.toKey(id), 'ats');
    const answers = await pipeline.exec().catch(() => null);
    if (answers === null) return;
    const found = new Set<string>();
    for (const [index, { row, id }] of asked.entries()) {
      const started = answers[index]?.[1];
      if (typeof started !== 'string' || found.has(row.id)) continue;
      found.add(row.id);
      tasks.setJob(row.id, { attempts: Number(started), job_url: jobUrl(row.stage, id) });
    }
  }
}

/** One that has not begun has no tries, and one that is done has no more of them. */
function isWorthAsking({ state, message, attempts }: TaskRow): boolean {
  if (state === 'done') return attempts === null;
  return state === 'running' || state === 'failed' || message !== null;
}

function rounds(latest: number): number[] {
  return Array.from({ length: latest }, (_, index) => latest - index);
}
