import type { Command } from 'commander';

import { createCommand, type CommandContext } from '../command.ts';
import { deployPipeline } from '../find-pipeline.ts';
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
    .argument('<pipeline>', 'folder of the pipeline, or its name under ./pipelines')
    .action((pipeline: string) => deploy(terminal, pipeline));
}

async function deploy(terminal: Terminal, given: string): Promise<void> {
  const config = localConfig();
  const { pipeline, bundle } = await deployPipeline(given, config);
  if (terminal.json) terminal.printJson({ pipeline, bundle, status: 'deployed' });
  else
    terminal.print(
      `deployed ${pipeline} (${bundle.slice(0, 12)})`,
      `  run it with: ${terminal.own} run ${pipeline}`,
    );
}
