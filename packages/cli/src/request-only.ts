import { describeWait } from '@millrace/shared/core/wait';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';
import { requestRun, type RunWish } from '@millrace/shared/runtime/request-run';

import { reportWait } from '@millrace/shared/core/report/wait-report';
import { pausedWait } from './paused-wait.ts';
import { escapeControls } from './render/escape.ts';
import { requireWorkers } from './stack/find-workers.ts';
import type { Terminal } from './terminal.ts';
import { withQueue } from './with-queue.ts';

/** What to do without a stack, for commands that can also wait. */
export const START_OR_WAIT =
  'Start one with `millrace up` in another terminal, or add --wait to start one for this run.';

/** Requests a run from workers that are there already, and does not wait for it. Throws `stack_not_running`. */
export async function requestOnly(
  terminal: Terminal,
  config: Config,
  bucket: Bucket,
  wish: RunWish,
): Promise<void> {
  const workers = await requireWorkers(config, START_OR_WAIT);
  await withQueue(config, workers.redisUrl, async (queue) => {
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
  });
}
