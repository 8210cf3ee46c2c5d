import type { Command } from 'commander';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { reportPlan } from '../plan-report.ts';
import { readPipeline } from '../find-pipeline.ts';
import { localConfig } from '../local-config.ts';
import { previewPlan } from '../preview-plan.ts';
import { renderPlan } from '../render/plan.ts';
import type { Terminal } from '../terminal.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'plan',
    'Shows what a run would do now, and writes nothing: files, rows, types with values, models, changes of tables.',
    [
      'millrace plan pipelines/storefront',
      'millrace plan storefront --sample 50000  # judge so many records of each source, and list the rejects',
      'millrace plan storefront --json',
    ],
  )
    .argument('<pipeline>', 'folder of a pipeline, or its name')
    .option(
      '--sample [records]',
      'show the rejects to expect, from so many records of each source (10000)',
      parseCount,
    )
    .action((pipeline: string, options: PlanOptions) => showPlan(terminal, pipeline, options));
}

interface PlanOptions {
  /** True when no number was given. */
  readonly sample?: number | true;
}

const SAMPLED_RECORDS = 10_000;

async function showPlan(terminal: Terminal, given: string, { sample }: PlanOptions): Promise<void> {
  const config = localConfig();
  const judged = sample === true ? SAMPLED_RECORDS : (sample ?? null);
  const plan = await previewPlan(await readPipeline(given, config), config);
  // It brings all readers along.
  const { previewOutcome } = await import('../preview-outcome.ts');
  const report = reportPlan(await previewOutcome(plan, judged));
  if (terminal.json) terminal.printJson(report);
  else terminal.print(...renderPlan(report, terminal));
}
