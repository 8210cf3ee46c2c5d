import type { Command } from 'commander';

import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { fail } from '@millrace/shared/core/errors';
import type { Config } from '@millrace/shared/runtime/config';
import { requestRun, type RunWish } from '@millrace/shared/runtime/request-run';
import type { Bucket } from '@millrace/shared/ports/bucket';

import { createCommand, type CommandContext } from '../command.ts';
import { reportRun } from '../core/run-report.ts';
import { deployPipeline } from '../find-pipeline.ts';
import { isEnded } from '../follow-run.ts';
import { withInterrupt } from '../interrupt.ts';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { renderSummary } from '../render/run-summary.ts';
import { runAndFollow, throwIfFailed, type FollowedRun } from '../run-and-follow.ts';
import { findWorkers } from '../stack/find-workers.ts';
import { addWorkerOptions, workerCounts, type WorkerOptions } from '../stack/worker-options.ts';
import type { Terminal } from '../terminal.ts';

interface RunOptions extends WorkerOptions {
  readonly wait?: boolean;
  readonly key?: string;
  readonly full?: boolean;
}

export function define(context: CommandContext): Command {
  const command = createCommand(
    'run',
    'Runs a pipeline: a folder, or a name under ./pipelines or deployed.',
    [
      'millrace run pipelines/storefront --wait  # start what is needed, watch, print a summary',
      'millrace run storefront                   # request a run from the stack that `millrace up` started',
      'millrace run storefront --key 2026-11-22  # at most once for this key, however often it is called',
      'millrace run storefront --wait --full     # read everything again',
    ],
  )
    .argument('<pipeline>', 'folder of a pipeline, or its name')
    .option('--wait', 'follow the run to its end; starts a stack for it when none is running')
    .option('--key <text>', 'idempotency key: with the same key a pipeline runs only once')
    .option('--full', 'read all inputs, also those that did not change since an earlier run');
  return addWorkerOptions(command).action((pipeline: string, options: RunOptions) =>
    withInterrupt((signal) => run(context, pipeline, options, signal)),
  );
}

async function run(
  context: CommandContext,
  given: string,
  options: RunOptions,
  signal: AbortSignal,
): Promise<void> {
  const config = localConfig();
  const deployed = await deployPipeline(given, config);
  const bucket = await openLocalBucket(config);
  const wish: RunWish = {
    ...deployed,
    trigger: 'cli',
    key: options.key ?? null,
    full: options.full ?? false,
  };
  if (options.wait !== true) {
    await requestOnly(context.terminal, config, bucket, wish);
    return;
  }
  const counts = workerCounts(options);
  const followed = await runAndFollow({ context, config, bucket, wish, counts, signal });
  printEnd(context.terminal, followed);
  throwIfFailed(followed.state);
}

async function requestOnly(terminal: Terminal, config: Config, bucket: Bucket, wish: RunWish): Promise<void> {
  const workers = await findWorkers(config);
  if (workers === null) {
    throw fail('stack_not_running', {
      message: 'No stack is running for this folder, so nobody would do the run.',
      where: config.home,
      hint: 'Start one with `millrace up` in another terminal, or add --wait to start one for this run.',
    });
  }
  const { redisUrl } = workers;
  const queue = await connectQueue({ redisUrl, prefix: config.queuePrefix, attempts: config.attempts });
  try {
    const { run, already } = await requestRun(bucket, queue, wish);
    const status = already ? 'already_requested' : 'requested';
    if (terminal.json) terminal.printJson({ run, pipeline: wish.pipeline, status, key: wish.key });
    else
      terminal.print(`${status} ${wish.pipeline} ${run}`, `  follow it with: ${terminal.own} watch ${run}`);
    if (!workers.complete)
      terminal.remark('Not every stage has a worker now: the run waits until they are there.');
  } finally {
    await queue.close();
  }
}

function printEnd(terminal: Terminal, { state, already }: FollowedRun): void {
  const report = reportRun(state);
  if (terminal.json) terminal.printJson({ ...report, already_requested: already });
  else if (isEnded(state)) terminal.print('', ...renderSummary(report, terminal));
}
