import { runCancelled } from '@millrace/shared/core/cancel';
import { EXIT, fromErrorRecord } from '@millrace/shared/core/errors';
import { describeWait } from '@millrace/shared/core/wait';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { TaskQueue } from '@millrace/shared/ports/queue';
import type { Config } from '@millrace/shared/runtime/config';
import { createRunStore, type RunState } from '@millrace/shared/runtime/run-store';
import { createWaiting } from '@millrace/shared/runtime/waiting';

import type { CommandContext } from './command.ts';
import { followRun, isEnded } from './follow-run.ts';
import { reportRun } from '@millrace/shared/core/report/run-report';
import { pausedWait } from './paused-wait.ts';
import { escapeControls } from './render/escape.ts';
import { createRunDisplay } from './render/run-display.ts';
import { renderSummary } from './render/run-summary.ts';
import type { WorkerCounts } from './stack/stack.ts';
import { workersForRun } from './stack/workers-for-run.ts';
import type { Terminal } from './terminal.ts';
import { withQueue } from './with-queue.ts';
import { openWorkerFeed } from '@millrace/shared/runtime/worker-feed';

export interface RunAndFollowOptions {
  readonly context: CommandContext;
  readonly config: Config;
  readonly bucket: Bucket;
  readonly pipeline: string;
  /** Requests the run, or another round of one. */
  readonly begin: (queue: TaskQueue) => Promise<BegunRun>;
  /** Of a stack that has to be started. */
  readonly counts: WorkerCounts;
  readonly signal: AbortSignal;
}

export interface BegunRun {
  readonly run: string;
  /** Whether the key had been used before, so that this is that earlier run. */
  readonly already: boolean;
}

export interface FollowedRun extends Pick<BegunRun, 'already'> {
  readonly state: RunState;
}

/**
 * Begins a run and shows it until it ends. Without running workers a stack is started for the time of the run.
 * When the signal comes first, it says how the run goes on, and sets the exit code 130.
 */
export async function runAndFollow(options: RunAndFollowOptions): Promise<FollowedRun> {
  const { context, config, bucket, signal } = options;
  const display = createRunDisplay(context.terminal);
  const { remark } = display;
  const { variables } = context.environment;
  try {
    // First: starting a stack takes seconds, and then nothing would happen.
    const wait = await pausedWait(bucket, options.pipeline);
    if (wait !== null) remark(`The run will wait: ${escapeControls(describeWait(wait))}.`);
    const workers = await workersForRun({ config, variables, counts: options.counts, remark });
    try {
      const { run, already } = await withQueue(config, workers.redisUrl, options.begin);
      if (already) remark(`already_requested: the key belongs to run ${run}`);
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

function interruptedRemark(run: string, stopsWithUs: boolean, own: string): string {
  return stopsWithUs
    ? `Interrupted: run ${run} stops with the stack that was started for it.\n  continue it with: ${own} up\n  give it up with: ${own} cancel ${run}`
    : `Interrupted: run ${run} goes on.\n  see it again with: ${own} watch ${run}\n  end it with: ${own} cancel ${run}`;
}

/** Prints how a followed run ended; of one that was left to go on, nothing but its JSON. */
export function printEnd(terminal: Terminal, { state, already }: FollowedRun): void {
  const report = reportRun(state);
  if (terminal.json) terminal.printJson({ ...report, already_requested: already });
  else if (isEnded(state)) terminal.print('', ...renderSummary(report, terminal));
}

/** Throws what ended a run that was not published: it gives message and exit code. */
export function throwIfNotPublished({ status, failure, decision, request: { run } }: RunState): void {
  if (status === 'cancelled' && decision !== null) throw runCancelled(decision);
  if (status !== 'failed' || failure === null) return;
  const { error, task } = failure;
  const where = error.where ?? (task === null ? `the plan of run ${run}` : `task ${task} of run ${run}`);
  throw fromErrorRecord({ ...error, where });
}
