import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { EXIT, fromErrorRecord } from '@millrace/shared/core/errors';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { describeWait } from '@millrace/shared/core/wait';
import type { Config } from '@millrace/shared/runtime/config';
import { requestRun, type RunWish } from '@millrace/shared/runtime/request-run';
import { createRunStore, type RunState } from '@millrace/shared/runtime/run-store';

import { createWaiting } from '@millrace/shared/runtime/waiting';
import type { CommandContext } from './command.ts';
import { followRun, isEnded } from './follow-run.ts';
import { reportRun } from './core/run-report.ts';
import { createRunDisplay } from './render/run-display.ts';
import { pausedWait } from './paused-wait.ts';
import { escapeControls } from './render/escape.ts';
import { renderSummary } from './render/run-summary.ts';
import type { WorkerCounts } from './stack/stack.ts';
import { workersForRun } from './stack/workers-for-run.ts';
import type { Terminal } from './terminal.ts';
import { openWorkerFeed } from './worker-feed.ts';

export interface RunAndFollowOptions {
  readonly context: CommandContext;
  readonly config: Config;
  readonly bucket: Bucket;
  readonly wish: RunWish;
  /** Of a stack that has to be started. */
  readonly counts: WorkerCounts;
  readonly signal: AbortSignal;
}

export interface FollowedRun {
  readonly state: RunState;
  /** Whether the key had been used before, so that this is that earlier run. */
  readonly already: boolean;
}

/**
 * Requests a run and shows it until it ends. Without running workers a stack is started for the time of the run.
 * When the signal comes first, it says how the run goes on, and sets the exit code 130.
 */
export async function runAndFollow(options: RunAndFollowOptions): Promise<FollowedRun> {
  const { context, config, bucket, wish, signal } = options;
  const display = createRunDisplay(context.terminal);
  const { remark } = display;
  const { variables } = context.environment;
  try {
    const workers = await workersForRun({ config, variables, counts: options.counts, remark });
    // First: starting a stack takes seconds, and then nothing would happen.
    const wait = await pausedWait(bucket, wish.pipeline);
    if (wait !== null) remark(`The run will wait: ${escapeControls(describeWait(wait))}.`);
    try {
      const { run, already } = await request(bucket, config, workers.redisUrl, wish);
      if (already) remark(`already_requested: key '${wish.key ?? ''}' belongs to run ${run}`);
      const state = await follow(run, workers.redisUrl, () => workers.keep());
      if (!isEnded(state)) {
        process.exitCode = EXIT.cancelled;
        remark(interruptedRemark(run, workers.areOurs(), context.terminal.own));
      }
      return { state, already };
    } finally {
      await workers.close();
    }
  } finally {
    display.close();
  }

  async function follow(run: string, redisUrl: string, onPoll: () => Promise<void>): Promise<RunState> {
    const feed = openWorkerFeed(redisUrl, config.queuePrefix);
    try {
      const store = createRunStore(bucket);
      const waiting = createWaiting(bucket, store, config);
      return await followRun({
        store,
        run,
        workers: feed,
        waiting,
        signal,
        onProgress: display.update,
        onPoll,
      });
    } finally {
      feed.close();
    }
  }
}

async function request(bucket: Bucket, config: Config, redisUrl: string, wish: RunWish) {
  const queue = await connectQueue({ redisUrl, prefix: config.queuePrefix, attempts: config.attempts });
  try {
    return await requestRun(bucket, queue, wish);
  } finally {
    await queue.close();
  }
}

function interruptedRemark(run: string, stopsWithUs: boolean, own: string): string {
  return stopsWithUs
    ? `Interrupted: run ${run} stops with the stack that was started for it.\n  continue it with: ${own} up`
    : `Interrupted: run ${run} goes on.\n  see it again with: ${own} watch ${run}`;
}

/** Prints how a followed run ended; of one that was left to go on, nothing but its JSON. */
export function printEnd(terminal: Terminal, { state, already }: FollowedRun): void {
  const report = reportRun(state);
  if (terminal.json) terminal.printJson({ ...report, already_requested: already });
  else if (isEnded(state)) terminal.print('', ...renderSummary(report, terminal));
}

/** Throws the error that ended a failed run: it gives message and exit code. */
export function throwIfFailed({ status, failure, request: { run } }: RunState): void {
  if (status !== 'failed' || failure === null) return;
  const { error, task } = failure;
  const where = error.where ?? (task === null ? `the plan of run ${run}` : `task ${task} of run ${run}`);
  throw fromErrorRecord({ ...error, where });
}
