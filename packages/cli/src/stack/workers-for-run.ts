import type { Config } from '@millrace/shared/runtime/config';

import { findWorkers } from './find-workers.ts';
import { startStack, type Stack, type WorkerCounts } from './stack.ts';
import { isStackAlive } from './stack-file.ts';

/** The workers that a waiting command relies on: some that run already, or a stack of its own. */
export interface WorkersForRun {
  readonly redisUrl: string;
  /** Whether they end with this command. */
  areOurs(): boolean;
  /**
   * To be called now and then. Starts a stack when the borrowed one has ended, which another command may have
   * started for its own run only. Throws `service_failed` when our own cannot be kept running.
   */
  keep(): Promise<void>;
  close(): Promise<void>;
}

export interface WorkersForRunOptions {
  readonly config: Config;
  readonly variables: NodeJS.ProcessEnv;
  /** Of a stack that has to be started. */
  readonly counts: WorkerCounts;
  readonly remark: (line: string) => void;
}

const CHECK_EVERY_MS = 2000;

/** @throws `redis_unavailable`, and what `startStack` throws */
export async function workersForRun(options: WorkersForRunOptions): Promise<WorkersForRun> {
  const { config, remark } = options;
  const found = await findWorkers(config);
  const borrowed = found?.complete === true || !config.startWorkers ? found : null;
  let own = borrowed === null ? await startOwn('No stack is running', options) : null;
  let checkAt = Date.now() + CHECK_EVERY_MS;
  return {
    // A stack of this home has the same address whoever starts it.
    redisUrl: own?.stack.redisUrl ?? borrowed?.redisUrl ?? '',
    areOurs: () => own !== null,
    async keep() {
      own?.throwIfBroken();
      if (borrowed?.from !== 'local_stack' || own !== null || Date.now() < checkAt) return;
      checkAt = Date.now() + CHECK_EVERY_MS;
      if (!isStackAlive(config.home)) own = await startOwn('The stack that was running has ended', options);
    },
    async close() {
      if (own !== null) remark('Stopping the stack.');
      await own?.stack.stop();
    },
  };
}

async function startOwn(why: string, options: WorkersForRunOptions) {
  const { config, variables, counts, remark } = options;
  const { extract, transform, load } = counts;
  remark(
    `${why}: starting one for this run (extractors ${extract}, transformers ${transform}, loaders ${load}).`,
  );
  const stack: Stack = await startStack({
    config,
    variables,
    workers: counts,
    lifetime: 'command',
    dashboard: false,
    log: remark,
  });
  let broken: { readonly error: unknown } | null = null;
  stack.broken.catch((error: unknown) => {
    broken = { error };
  });
  return {
    stack,
    throwIfBroken(): void {
      if (broken !== null) throw broken.error;
    },
  };
}
