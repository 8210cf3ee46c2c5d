import type { Command } from 'commander';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { deployFolder } from '@millrace/shared/runtime/request-run';

import { createCommand, type CommandContext } from '../command.ts';
import { localConfig } from '../local-config.ts';
import type { Terminal } from '../terminal.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'deploy',
    'Keeps a pipeline in the bucket, so that it can be run by its name from anywhere.',
    [
      'millrace deploy pipelines/storefront',
      'millrace run storefront                # afterwards, from any folder with the same bucket',
    ],
  )
    .argument('<folder>', 'folder of the pipeline')
    .action((folder: string) => deploy(terminal, folder));
}

async function deploy(terminal: Terminal, folder: string): Promise<void> {
  const config = localConfig();
  const { pipeline, bundle } = await deployFolder(await openFolderBucket(config.bucket), folder);
  if (terminal.json) terminal.printJson({ pipeline, bundle, status: 'deployed' });
  else
    terminal.print(
      `deployed ${pipeline} (${bundle.slice(0, 12)})`,
      `  run it with: millrace run ${pipeline}`,
    );
}
