import type { Command } from 'commander';

import { createCommand, type CommandContext } from '../command.ts';
import { localConfig } from '../local-config.ts';
import { stopStack } from '../stack/detached-stack.ts';
import type { Terminal } from '../terminal.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'down',
    'Stops the stack of this folder. Unfinished runs go on when it is started again.',
    ['millrace down'],
  ).action(() => down(terminal));
}

async function down(terminal: Terminal): Promise<void> {
  const { home } = localConfig();
  const stopped = await stopStack(home);
  if (terminal.json) {
    terminal.printJson({
      status: stopped === null ? 'not_running' : 'stopped',
      pid: stopped?.pid ?? null,
      home,
    });
  } else {
    terminal.print(
      stopped === null ? `No stack is running for ${home}.` : `Stopped the stack (pid ${stopped.pid}).`,
    );
  }
}
