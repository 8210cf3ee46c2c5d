import type { Command } from 'commander';

import { readSchedule } from '@millrace/shared/runtime/schedules';

import { createCommand, type CommandContext } from '../command.ts';
import { deployPipeline } from '../find-pipeline.ts';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { formatTime } from '../render/quantity.ts';
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
  const schedule = await readSchedule(await openLocalBucket(config), pipeline, new Date().toISOString());
  const nextAt = schedule?.nextAt ?? null;
  if (terminal.json) terminal.printJson({ pipeline, bundle, status: 'deployed', next_at: nextAt });
  else
    terminal.print(
      `deployed ${pipeline} (${bundle.slice(0, 12)})`,
      `  run it with: ${terminal.own} run ${pipeline}`,
      ...(nextAt === null ? [] : [`  it runs by itself; next time: ${formatTime(nextAt)} UTC`]),
    );
}
