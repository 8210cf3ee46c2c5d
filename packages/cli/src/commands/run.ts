import type { Command } from 'commander';

import { requestRun, type RunWish } from '@millrace/shared/runtime/request-run';

import { createCommand, type CommandContext } from '../command.ts';
import { deployPipeline } from '../find-pipeline.ts';
import { withInterrupt } from '../interrupt.ts';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { requestOnly } from '../request-only.ts';
import { printEnd, runAndFollow, throwIfNotPublished } from '../run-and-follow.ts';
import { addWorkerOptions, workerCounts, type WorkerOptions } from '../stack/worker-options.ts';

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
  const followed = await runAndFollow({
    context,
    config,
    bucket,
    pipeline: wish.pipeline,
    begin: (queue) => requestRun(bucket, queue, wish),
    counts,
    signal,
  });
  printEnd(context.terminal, followed);
  throwIfNotPublished(followed.state);
}
