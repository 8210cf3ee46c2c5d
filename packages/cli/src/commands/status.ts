import type { Command } from 'commander';

import { createWaiting } from '@millrace/shared/runtime/waiting';

import { createCommand, type CommandContext } from '../command.ts';
import { reportRun } from '../core/run-report.ts';
import { findRun } from '../find-run.ts';
import { localConfig } from '../local-config.ts';
import { renderStatus } from '../render/run-status.ts';
import type { Terminal } from '../terminal.ts';

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

async function showStatus(terminal: Terminal, given: string | undefined): Promise<void> {
  const config = localConfig();
  const { bucket, store, run } = await findRun(config, given);
  const state = await store.load(run);
  const report = reportRun(state, await createWaiting(bucket, store, config).ofRun(state));
  if (terminal.json) terminal.printJson(report);
  else terminal.print(...renderStatus(report, terminal));
}
