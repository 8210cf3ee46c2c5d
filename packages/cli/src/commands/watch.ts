import type { Command } from 'commander';

import { EXIT } from '@millrace/shared/core/errors';
import { createWaiting } from '@millrace/shared/runtime/waiting';

import { createCommand, type CommandContext } from '../command.ts';
import type { RunProgress } from '@millrace/shared/core/report/run-progress';
import { reportRun } from '@millrace/shared/core/report/run-report';
import { findRun } from '../find-run.ts';
import { followRun, isEnded } from '../follow-run.ts';
import { withInterrupt } from '../interrupt.ts';
import { localConfig } from '../local-config.ts';
import { createRunDisplay, type RunDisplay } from '../render/run-display.ts';
import { renderSummary } from '../render/run-summary.ts';
import { throwIfNotPublished } from '../run-and-follow.ts';
import { findWorkers } from '../stack/find-workers.ts';
import type { Terminal } from '../terminal.ts';
import { NO_WORKER_FEED, openWorkerFeed } from '@millrace/shared/runtime/worker-feed';

export function define(context: CommandContext): Command {
  return createCommand(
    'watch',
    'Follows a run to its end, by default the latest one. Ctrl-C leaves it running.',
    [
      'millrace watch                             # the latest run',
      'millrace watch 20261122T060000-1a2b3c4d',
      'millrace watch --json                      # one JSON object per change',
    ],
  )
    .argument('[run]', 'id of the run')
    .action((run: string | undefined) => withInterrupt((signal) => watch(context.terminal, run, signal)));
}

async function watch(terminal: Terminal, given: string | undefined, signal: AbortSignal): Promise<void> {
  const config = localConfig();
  const { bucket, store, run } = await findRun(config, given);
  const found = await findWorkers(config);
  // Without workers there is still the bucket, which shows every finished task.
  const workers = found === null ? NO_WORKER_FEED : openWorkerFeed(found.redisUrl, config.queuePrefix);
  const display = terminal.json ? createJsonDisplay(terminal) : createRunDisplay(terminal);
  try {
    if (found === null && !isEnded(await store.load(run))) {
      terminal.remark(`No stack is running, so this run waits. Go on with it: ${terminal.own} up`);
    }
    const waiting = createWaiting(bucket, store, config);
    const state = await followRun({ store, run, workers, waiting, signal, onProgress: display.update });
    if (terminal.json) terminal.printJsonLine({ event: 'ended', ...reportRun(state) });
    else if (isEnded(state)) terminal.print('', ...renderSummary(reportRun(state), terminal));
    if (!isEnded(state)) process.exitCode = EXIT.cancelled;
    throwIfNotPublished(state);
  } finally {
    display.close();
    workers.close();
  }
}

function createJsonDisplay(terminal: Terminal): Pick<RunDisplay, 'update' | 'close'> {
  let shown = '';
  return {
    update(progress) {
      const counts = JSON.stringify([progress.status, progress.waiting?.reason, progress.stages.map(toJson)]);
      if (counts === shown) return;
      shown = counts;
      const { run, pipeline, status, waiting, elapsedMs, stages } = progress;
      const elapsed_ms = Math.round(elapsedMs);
      terminal.printJsonLine({
        event: 'progress',
        run,
        pipeline,
        status,
        waiting,
        elapsed_ms,
        stages: stages.map(toJson),
      });
    },
    close: () => undefined,
  };
}

function toJson(stage: RunProgress['stages'][number]) {
  return {
    stage: stage.stage,
    tasks_done: stage.tasksDone,
    tasks_running: stage.tasksRunning,
    tasks_total: stage.tasksTotal,
    batches: stage.batches,
    rows: stage.rows,
    rejected: stage.rejected,
    fraction: Number(stage.fraction.toFixed(4)),
    rows_per_second: stage.rowsPerSecond === null ? null : Math.round(stage.rowsPerSecond),
    left_ms: stage.leftMs === null ? null : Math.round(stage.leftMs),
  };
}
