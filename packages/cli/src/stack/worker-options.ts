import type { Command } from 'commander';

import { parseCount } from '../command.ts';
import { DEFAULT_WORKERS, type WorkerCounts } from './stack.ts';

export interface WorkerOptions {
  readonly extractors: number;
  readonly transformers: number;
  readonly loaders: number;
}

/** Options that say how many workers of each stage a stack gets. */
export function addWorkerOptions(command: Command): Command {
  return command
    .option('--extractors <n>', 'number of extractors', parseCount, DEFAULT_WORKERS.extract)
    .option('--transformers <n>', 'number of transformers', parseCount, DEFAULT_WORKERS.transform)
    .option('--loaders <n>', 'number of loaders', parseCount, DEFAULT_WORKERS.load);
}

export function workerCounts({ extractors, transformers, loaders }: WorkerOptions): WorkerCounts {
  return { extract: extractors, transform: transformers, load: loaders };
}
