import type { Command } from 'commander';

import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';

import { createCommand, type CommandContext } from '../command.ts';
import { readPipeline } from '../find-pipeline.ts';
import { localConfig } from '../local-config.ts';
import { previewPlan } from '../preview-plan.ts';
import { plural } from '../render/quantity.ts';
import type { Terminal } from '../terminal.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'validate',
    'Checks a pipeline: its file, its inputs, and the SQL of its models against the columns they read.',
    [
      'millrace validate pipelines/storefront',
      'millrace validate storefront --json  # exit code 2 when it is not valid',
    ],
  )
    .argument('<pipeline>', 'folder of a pipeline, or its name')
    .action((pipeline: string) => validate(terminal, pipeline));
}

async function validate(terminal: Terminal, given: string): Promise<void> {
  const config = localConfig();
  const bundle = await readPipeline(given, config);
  // The file first: its errors are the likely ones, and must not wait for gigabytes of sources to be looked at.
  compilePipeline(bundle);
  const plan = await previewPlan(bundle, config);
  const counts = { sources: plan.sources.length, tables: plan.tables.length, models: plan.models.length };
  if (terminal.json) {
    terminal.printJson({ pipeline: plan.pipeline, status: 'valid', ...counts });
    return;
  }
  const parts = [
    plural(counts.sources, 'source'),
    plural(counts.tables, 'table'),
    plural(counts.models, 'model'),
  ];
  terminal.print(`${terminal.style('good', 'valid')} ${plan.pipeline}: ${parts.join(', ')}`);
}
