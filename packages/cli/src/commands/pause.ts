import type { Command } from 'commander';

import { createCommand, type CommandContext } from '../command.ts';
import { pauseOrUnpause } from '../set-pause.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'pause',
    'Holds the tasks of a pipeline back. What has begun is finished; runs can be requested, and wait.',
    [
      'millrace pause storefront',
      'millrace pause storefront --reason "the shop is being migrated"',
      'millrace unpause storefront  # lets it go on',
    ],
  )
    .argument('<pipeline>', 'folder of a pipeline, or its name')
    .option('--reason <text>', 'shown to those who ask why a run waits')
    .action((pipeline: string, options: { reason?: string }) =>
      pauseOrUnpause(terminal, pipeline, { paused: true, reason: options.reason ?? null }),
    );
}
