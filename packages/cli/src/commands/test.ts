import type { Command } from 'commander';

import { fail } from '@millrace/shared/core/errors';

import { createCommand, type CommandContext } from '../command.ts';
import { reportModelTests } from '../core/model-test-report.ts';
import { findPipelineFolder } from '../find-pipeline.ts';
import { localConfig } from '../local-config.ts';
import { renderModelTests } from '../render/model-tests.ts';
import { plural } from '../render/quantity.ts';
import type { Terminal } from '../terminal.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'test',
    'Tests models: runs each over the rows that tests/*.yml give, and compares. Needs no Redis and writes nothing.',
    [
      'millrace test pipelines/bakery',
      'millrace test bakery --model orders  # only the tests of this model',
      'millrace test bakery --json          # exit code 1 when a test fails',
    ],
  )
    .argument('<pipeline>', 'folder of a pipeline, or its name under ./pipelines')
    .option('--model <name>', 'run the tests of this model only')
    .action((pipeline: string, options: { model?: string }) =>
      testModels(terminal, pipeline, options.model ?? null),
    );
}

async function testModels(terminal: Terminal, given: string, model: string | null): Promise<void> {
  const folder = await findPipelineFolder(given, localConfig());
  // It brings DuckDB along.
  const { runModelTests } = await import('../model-test/run-model-tests.ts');
  const report = reportModelTests(await runModelTests(folder, model));
  if (terminal.json) terminal.printJson(report);
  else terminal.print(...renderModelTests(report, terminal));
  if (report.failed === 0) return;
  throw fail('test_failed', {
    message: `${report.failed} of ${plural(report.tests.length, 'test')} failed.`,
    where: folder,
    hint: 'Mend the model, or what the test expects.',
  });
}
