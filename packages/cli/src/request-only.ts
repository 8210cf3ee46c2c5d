import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { fail } from '@millrace/shared/core/errors';
import { describeWait } from '@millrace/shared/core/wait';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';
import { requestRun, type RunWish } from '@millrace/shared/runtime/request-run';

import { reportWait } from './core/wait-report.ts';
import { pausedWait } from './paused-wait.ts';
import { escapeControls } from './render/escape.ts';
import { findWorkers } from './stack/find-workers.ts';
import type { Terminal } from './terminal.ts';

/** Requests a run from workers that are there already, and does not wait for it. Throws `stack_not_running`. */
export async function requestOnly(
  terminal: Terminal,
  config: Config,
  bucket: Bucket,
  wish: RunWish,
): Promise<void> {
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
    const wait = await pausedWait(bucket, wish.pipeline);
    if (terminal.json) {
      const { pipeline, key, replay } = wish;
      terminal.printJson({
        run,
        pipeline,
        status,
        key,
        replay_of: replay?.root ?? null,
        waiting: reportWait(wait),
      });
    } else
      terminal.print(`${status} ${wish.pipeline} ${run}`, `  follow it with: ${terminal.own} watch ${run}`);
    if (wait !== null) terminal.remark(`The run waits: ${escapeControls(describeWait(wait))}.`);
    if (!workers.complete)
      terminal.remark('Not every stage has a worker now: the run waits until they are there.');
  } finally {
    await queue.close();
  }
}
