import { existsSync } from 'node:fs';
import { chmod, readFile, realpath, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { Argument, type Command } from 'commander';

import { temporaryBeside, writeSynced } from '@millrace/shared/adapters/durable-file';
import { readPipelineFolder } from '@millrace/shared/adapters/pipeline-folder';
import { compilePipeline, PIPELINE_FILE } from '@millrace/shared/contracts/compile-pipeline';
import type { PlannedDrift } from '@millrace/shared/core/drift';
import { fail } from '@millrace/shared/core/errors';
import { reportDrift } from '@millrace/shared/core/report/drift-report';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { openPlanMemory } from '@millrace/shared/runtime/plan-memory';
import type { SourceDrift } from '@millrace/sources/contract/compare-pipeline';

import { createCommand, type CommandContext } from '../command.ts';
import { acceptDrift } from '../contract/accept-drift.ts';
import { recordContract } from '../contract/record-contract.ts';
import { findPipelineFolder } from '../find-pipeline.ts';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { renderDrift } from '../render/drift.ts';
import { plural } from '../render/quantity.ts';
import type { Terminal } from '../terminal.ts';

const ACTIONS = ['diff', 'accept'] as const;

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'contract',
    'Compares the columns that a pipeline declares with those of its data (diff), and writes the differences into pipeline.yml, leaving all else in it as it stands (accept).',
    [
      'millrace contract diff pipelines/storefront  # exit code 1 when they differ',
      'millrace contract accept storefront --table orders --column coupon',
    ],
  )
    .addArgument(new Argument('<action>', 'what to do').choices(ACTIONS))
    .argument('<pipeline>', 'folder of a pipeline, or its name under ./pipelines')
    .option('--table <name>', 'only differences of this staged table')
    .option('--column <name...>', 'only differences of these columns')
    .action((action: (typeof ACTIONS)[number], pipeline: string, choice: Choice) =>
      action === 'diff' ? diff(terminal, pipeline, choice) : accept(terminal, pipeline, choice),
    );
}

interface Choice {
  readonly table?: string;
  readonly column?: readonly string[];
}

async function diff(terminal: Terminal, given: string, choice: Choice): Promise<void> {
  const { folder, pipeline, bucket, chosen } = await compare(given, choice);
  const found = chosen.flatMap((source) => source.found);
  show(terminal, found, null);
  if (found.length === 0) return;
  if (bucket !== null) await recordContract(bucket, pipeline, 'diff', driftOf(found));
  throw fail('contract_differs', {
    message: `${plural(found.length, 'difference')} between the declared columns and the data.`,
    where: path.join(folder, PIPELINE_FILE),
    hint: `Take them over with \`millrace contract accept\`, name fields that nobody wants under \`contract: { ignored: [...] }\`, or mend the data.`,
  });
}

async function accept(terminal: Terminal, given: string, choice: Choice): Promise<void> {
  const { folder, pipeline, bucket, chosen } = await compare(given, choice);
  const found = chosen.flatMap((source) => source.found);
  if (found.length === 0 && (choice.table !== undefined || choice.column !== undefined)) {
    throw fail('usage', {
      message: 'Nothing that was asked for differs.',
      hint: `See \`millrace contract diff ${given}\`.`,
    });
  }
  const file = path.join(folder, PIPELINE_FILE);
  const before = await readFile(file, 'utf8');
  const after = chosen.reduce(
    (text, source) => source.found.reduce((changed, one) => acceptDrift(changed, source.source, one), text),
    before,
  );
  if (after !== before) {
    const bundle = await readPipelineFolder(folder);
    // What is written must be valid: a key may name a column that is to go.
    compilePipeline({ ...bundle, files: { ...bundle.files, [PIPELINE_FILE]: after } });
    // First: a command that is killed in between is repeated, and recorded twice, which is better than never.
    await recordContract(
      bucket ?? (await openLocalBucket(localConfig())),
      pipeline,
      'accept',
      driftOf(found),
    );
    await replaceText(file, after);
  }
  show(terminal, found, file);
}

function isChosen({ drift }: SourceDrift['found'][number], { table, column }: Choice): boolean {
  return (
    (table === undefined || drift.table === table) && (column === undefined || column.includes(drift.column))
  );
}

function driftOf(found: SourceDrift['found']): PlannedDrift[] {
  return found.map(({ drift }) => drift);
}

interface Comparison {
  readonly folder: string;
  readonly pipeline: string;
  /** Null where there is none: asking must not make one. */
  readonly bucket: Bucket | null;
  /** The differences that were asked for, by source. */
  readonly chosen: readonly SourceDrift[];
}

async function compare(given: string, choice: Choice): Promise<Comparison> {
  const config = localConfig();
  const folder = await findPipelineFolder(given, config);
  const bundle = await readPipelineFolder(folder);
  const bucket = existsSync(config.bucket) ? await openLocalBucket(config) : null;
  // It brings all readers along.
  const { comparePipeline } = await import('@millrace/sources/contract/compare-pipeline');
  const memory = bucket === null ? null : openPlanMemory(bucket, bundle.pipeline);
  const drift = await comparePipeline(bundle, memory);
  const chosen = drift.map(({ source, found }) => ({
    source,
    found: found.filter((one) => isChosen(one, choice)),
  }));
  return { folder, pipeline: bundle.pipeline, bucket, chosen };
}

function show(terminal: Terminal, found: SourceDrift['found'], accepted: string | null): void {
  const drift = reportDrift(driftOf(found));
  if (terminal.json) {
    terminal.printJson({ drift, accepted: accepted !== null });
    return;
  }
  if (drift.length === 0) terminal.print('The data is as declared.');
  else terminal.print(...renderDrift(drift, terminal));
  if (drift.length > 0 && accepted !== null) terminal.print('', `Written into ${accepted}.`);
}

/** As a whole or not at all: an interrupted write must not cost a person's file. */
async function replaceText(given: string, text: string): Promise<void> {
  // Of a link, the file that it leads to.
  const file = await realpath(given);
  const temporary = temporaryBeside(file);
  await writeSynced(temporary, Buffer.from(text));
  await chmod(temporary, (await stat(file)).mode);
  await rename(temporary, file);
}
