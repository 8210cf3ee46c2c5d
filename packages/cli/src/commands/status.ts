import type { Command } from 'commander';

import type { Config } from '@millrace/shared/runtime/config';
import type { RunState } from '@millrace/shared/runtime/run-store';
import { createWaiting } from '@millrace/shared/runtime/waiting';

import { createCommand, type CommandContext } from '../command.ts';
import { reportRun } from '@millrace/shared/core/report/run-report';
import { reportWaiting } from '@millrace/shared/core/report/wait-report';
import { findRun } from '../find-run.ts';
import { isEnded } from '../follow-run.ts';
import { localConfig } from '../local-config.ts';
import { renderStatus } from '../render/run-status.ts';
import { findStack } from '../stack/stack-file.ts';
import type { Terminal } from '../terminal.ts';
import { NO_WORKER_FEED, openWorkerFeed, type RunAtWorkers } from '@millrace/shared/runtime/worker-feed';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'status',
    'Shows a run, by default the latest: stages, tables, rejects, and its error.',
    [
      'millrace status                            # the latest run',
      'millrace status 20261122T060000-1a2b3c4d',
      'millrace status --json',
    ],
  )
    .argument('[run]', 'id of the run')
    .action((run: string | undefined) => showStatus(terminal, run));
}

/** An ended run is asked of nobody. Without workers there is still the bucket. */
async function askWorkers(config: Config, state: RunState): Promise<RunAtWorkers> {
  const redisUrl = (await findStack(config.home))?.redisUrl ?? config.redisUrl;
  const feed =
    redisUrl === null || isEnded(state) ? NO_WORKER_FEED : openWorkerFeed(redisUrl, config.queuePrefix);
  try {
    return await feed.look(state.request.run);
  } finally {
    feed.close();
  }
}

async function showStatus(terminal: Terminal, given: string | undefined): Promise<void> {
  const config = localConfig();
  const { bucket, store, run } = await findRun(config, given);
  const state = await store.load(run);
  const wait = await createWaiting(bucket, store, config).ofRun(state);
  const report = reportRun(state, reportWaiting(state, wait, await askWorkers(config, state)));
  if (terminal.json) terminal.printJson(report);
  else terminal.print(...renderStatus(report, terminal));
}
