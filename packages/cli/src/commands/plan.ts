import type { Command } from 'commander';

import { createCommand, type CommandContext } from '../command.ts';
import { reportPlan } from '../core/plan-report.ts';
import { readPipeline } from '../find-pipeline.ts';
import { localConfig } from '../local-config.ts';
import { previewPlan } from '../preview-plan.ts';
import { renderPlan } from '../render/plan.ts';
import type { Terminal } from '../terminal.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'plan',
    'Shows what a run would do now: files and partitions, tables with columns and types, models in order.',
    ['millrace plan pipelines/storefront', 'millrace plan storefront --json'],
  )
    .argument('<pipeline>', 'folder of a pipeline, or its name')
    .action((pipeline: string) => showPlan(terminal, pipeline));
}

async function showPlan(terminal: Terminal, given: string): Promise<void> {
  const config = localConfig();
  const report = reportPlan(await previewPlan(await readPipeline(given, config), config));
  if (terminal.json) terminal.printJson(report);
  else terminal.print(...renderPlan(report, terminal));
}
