import { hostname, userInfo } from 'node:os';
import type { Command } from 'commander';

import type { TaskQueue } from '@millrace/shared/ports/queue';
import { findRetryable, retryRun, type RetryableRun } from '@millrace/shared/runtime/retry-run';

import { createCommand, type CommandContext } from '../command.ts';
import { recordToJson } from '@millrace/shared/core/report/error-report';
import { findRun } from '../find-run.ts';
import { withInterrupt } from '../interrupt.ts';
import { localConfig } from '../local-config.ts';
import { renderErrorReport } from '../render/error.ts';
import { START_OR_WAIT } from '../request-only.ts';
import { printEnd, runAndFollow, throwIfNotPublished } from '../run-and-follow.ts';
import { requireWorkers } from '../stack/find-workers.ts';
import { addWorkerOptions, workerCounts, type WorkerOptions } from '../stack/worker-options.ts';
import type { Terminal } from '../terminal.ts';
import { withQueue } from '../with-queue.ts';

interface RetryOptions extends WorkerOptions {
  readonly force?: boolean;
  readonly wait?: boolean;
}

export function define(context: CommandContext): Command {
  const command = createCommand(
    'retry',
    'Continues a run that failed: what it has done stays done, the rest is tried again.',
    [
      'millrace retry 20261122T060000-1a2b3c4d --wait  # after the cause was mended; watch it',
      'millrace retry 20261122T060000-1a2b3c4d         # by the stack that `millrace up` started',
    ],
  )
    .argument('<run>', 'id of the run; `millrace runs` lists them')
    .option('--force', 'retry a run also when it would fail again in the same way')
    .option('--wait', 'follow the run to its end; starts a stack for it when none is running');
  return addWorkerOptions(command).action((run: string, options: RetryOptions) =>
    withInterrupt((signal) => retry(context, run, options, signal)),
  );
}

async function retry(
  context: CommandContext,
  given: string,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = context;
  const config = localConfig();
  const { bucket, store, run } = await findRun(config, given);
  const found = await findRetryable(store, run, options.force === true);
  const by = `retry by ${userInfo().username}@${hostname()}`;
  const begin = async (queue: TaskQueue) => {
    await retryRun(bucket, store, queue, { state: found.state, by });
    if (!terminal.json) announce(terminal, found);
    return { run, already: false };
  };
  if (options.wait === true) {
    const { pipeline } = found.state.request;
    const counts = workerCounts(options);
    const followed = await runAndFollow({ context, config, bucket, pipeline, begin, counts, signal });
    printEnd(terminal, followed);
    throwIfNotPublished(followed.state);
    return;
  }
  const workers = await requireWorkers(config, START_OR_WAIT);
  await withQueue(config, workers.redisUrl, begin);
  if (terminal.json) terminal.printJson(toJson(found));
  else terminal.print(`  follow it with: ${terminal.own} watch ${run}`);
  if (!workers.complete)
    terminal.remark('Not every stage has a worker now: the run waits until they are there.');
}

function announce(terminal: Terminal, { state, failure }: RetryableRun): void {
  const { request, plan, manifests, round } = state;
  const done =
    plan === null
      ? 'it is planned again'
      : `${manifests.size} of ${plan.tasks.length} tasks are done and stay so`;
  const [first = '', ...rest] = renderErrorReport(recordToJson(failure.error), terminal);
  terminal.print(
    `retry ${round} of ${request.pipeline} ${request.run}: ${done}`,
    ...[`it had failed with ${first}`, ...rest].map((line) => `  ${line}`),
  );
}

function toJson({ state, failure }: RetryableRun) {
  const { request, plan, manifests, round } = state;
  return {
    run: request.run,
    pipeline: request.pipeline,
    status: 'retried',
    round: round + 1,
    tasks_done: manifests.size,
    tasks_total: plan?.tasks.length ?? null,
    failed_with: { ...recordToJson(failure.error), task: failure.task },
  };
}
