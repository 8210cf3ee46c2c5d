import type { Command } from 'commander';

import { createCommand, type CommandContext } from '../command.ts';
import { pauseOrUnpause } from '../set-pause.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand('unpause', 'Lets a paused pipeline go on, from where it stopped.', [
    'millrace unpause storefront',
  ])
    .argument('<pipeline>', 'folder of a pipeline, or its name')
    .action((pipeline: string) => pauseOrUnpause(terminal, pipeline, { paused: false, reason: null }));
}
