import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Command } from 'commander';

import type { Pruning } from '@millrace/shared/core/prune-plan';
import { pruneBucket } from '@millrace/shared/runtime/prune-bucket';
import { findOldSpill, removeSpill } from '@millrace/shared/runtime/prune-spill';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import type { Config } from '@millrace/shared/runtime/config';

import { createCommand, parseCount, parseDuration, type CommandContext } from '../command.ts';
import { reportPruning } from '../core/prune-report.ts';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { renderPruning } from '../render/pruning.ts';
import type { Terminal } from '../terminal.ts';

interface PruneOptions {
  readonly dryRun?: boolean;
  readonly keep: number;
  readonly olderThan: number;
  readonly grace: number;
}

const DAY_MS = 86_400_000;

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'prune',
    'Removes batches of old runs and what killed workers have left. Published tables, and the history of runs with rejects, stay.',
    [
      'millrace prune --dry-run                      # says what would go, removes nothing',
      'millrace prune                                # for example every night',
      'millrace prune --older-than 2d --keep 3       # when the disk is full',
    ],
  )
    .argument('[pipeline]', 'only runs of this pipeline, by name')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .option('--keep <n>', 'leave the newest published runs of each pipeline', parseCount, 30)
    .option(
      '--older-than <time>',
      'leave runs that ended less long ago (default: 30d)',
      parseDuration,
      30 * DAY_MS,
    )
    .option(
      '--grace <time>',
      'leave what a worker wrote, and what a run left that was cancelled, less long ago (default: 24h)',
      parseDuration,
      DAY_MS,
    )
    .action((pipeline: string | undefined, options: PruneOptions) =>
      prune(terminal, pipeline ?? null, options),
    );
}

const NOTHING: Pruning = { removals: [], held: [], kept: new Map() };

async function prune(terminal: Terminal, pipeline: string | null, options: PruneOptions): Promise<void> {
  const config = localConfig();
  const dryRun = options.dryRun === true;
  // Asking must not make a bucket where there is none.
  const pruning = existsSync(config.bucket) ? await pruneRuns(config, pipeline, options) : NOTHING;
  const spill = await findOldSpill(config.spillDir, options.grace);
  if (!dryRun) await removeSpill(spill);
  const report = reportPruning(pruning, spill, dryRun);
  if (terminal.json) terminal.printJson(report);
  else terminal.print(...renderPruning(report, terminal));
}

async function pruneRuns(config: Config, pipeline: string | null, options: PruneOptions): Promise<Pruning> {
  const bucket = await openLocalBucket(config);
  const { keep, olderThan, grace } = options;
  return pruneBucket(bucket, createRunStore(bucket), {
    policy: { keep, olderThanMs: olderThan, graceMs: grace },
    pipeline,
    dryRun: options.dryRun === true,
    by: `prune by ${userInfo().username}@${hostname()}`,
  });
}
