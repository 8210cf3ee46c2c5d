import { bucketLayout, jobId } from '@millrace/shared/core/bucket-layout';
import { readRetry } from '@millrace/shared/contracts/run-files';
import { findRetryable } from '@millrace/shared/runtime/retry-run';
import type { RunState } from '@millrace/shared/runtime/run-store';
import { STAGE_OF } from '@millrace/shared/core/task';
import { TERMINAL_STATUSES } from '@millrace/shared/core/status';

import type { JobLink, RetryRecord, RunDetail } from './api/run.ts';
import type { WatchedRun } from './live/run-feed.ts';
import type { DashboardTools } from './tools.ts';
import { NO_GRAPH, planGraph } from './view/run-graph.ts';
import { jobUrl } from './view/task-rows.ts';

type Tools = Pick<DashboardTools, 'bucket' | 'store' | 'queues' | 'redis'>;

/** All that the page of a run shows, apart from its tasks, rejects and check results. */
export async function describeRun(tools: Tools, { state, report, live }: WatchedRun): Promise<RunDetail> {
  const { plan, decision, status } = state;
  const isEnded = TERMINAL_STATUSES.includes(status);
  return {
    report: report(),
    live,
    graph: plan === null ? NO_GRAPH : planGraph(plan),
    retries: await readRetries(tools, state),
    decision:
      decision === null
        ? null
        : { decision: decision.decision, by: decision.by, decided_at: decision.decidedAt },
    failed_job: await findFailedJob(tools, state),
    code_version: plan?.codeVersion ?? null,
    can: {
      cancel: !isEnded && decision === null,
      retry: await canRetry(tools, state),
      resume: !isEnded,
    },
  };
}

/** As `millrace retry` decides, without `--force`. */
async function canRetry({ store }: Tools, { status, request }: RunState): Promise<boolean> {
  if (status !== 'failed') return false;
  return findRetryable(store, request.run, false).then(
    () => true,
    () => false,
  );
}

async function readRetries({ bucket, store }: Tools, { request, round }: RunState): Promise<RetryRecord[]> {
  const retries: RetryRecord[] = [];
  for (let sequence = 1; sequence < round; sequence += 1) {
    const key = bucketLayout.retry(request.run, sequence);
    const content = await bucket.read(key);
    if (content === null) continue;
    const { by, retriedAt } = readRetry(content, key);
    const failure = await store.failure(request.run, sequence);
    retries.push({
      round: sequence + 1,
      retried_at: retriedAt,
      by,
      failed_with:
        failure === null
          ? null
          : { code: failure.error.code, message: failure.error.message, task: failure.task },
    });
  }
  return retries;
}

const MAX_GENERATIONS = 20;

/** The newest job of the task at which a run has failed; null when the queue no longer has it, or cannot be asked. */
async function findFailedJob(
  { queues, redis }: Tools,
  { request, plan, failure, status, round }: RunState,
): Promise<JobLink | null> {
  if (status !== 'failed' || failure === null) return null;
  const task = plan?.tasks.find(({ id }) => id === failure.task);
  const stage = task === undefined ? 'extract' : STAGE_OF[task.kind];
  const queue = queues.queues.get(stage);
  const name = failure.task ?? 'plan';
  const ids = Array.from({ length: MAX_GENERATIONS }, (_, index) =>
    jobId(request.run, name, index + 1, round),
  );
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.exists(queue?.toKey(id) ?? id);
  const answers = (await pipeline.exec().catch(() => null)) ?? [];
  const newest = ids.findLast((_, index) => answers[index]?.[1] === 1);
  return newest === undefined ? null : { task: name, url: jobUrl(stage, newest) };
}
