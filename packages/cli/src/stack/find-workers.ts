import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { readWorkers } from '@millrace/shared/adapters/worker-registry';
import { STAGES } from '@millrace/shared/core/task';
import { fail } from '@millrace/shared/core/errors';
import type { Config } from '@millrace/shared/runtime/config';

import { findStack } from './stack-file.ts';

/** Redis of the workers to use, and who runs them. */
export interface FoundWorkers {
  readonly redisUrl: string;
  readonly from: 'local_stack' | 'redis_url';
  /** Whether every stage has a worker now. */
  readonly complete: boolean;
}

/**
 * Finds the workers to use: the stack of this home, else those behind `REDIS_URL`.
 * @returns null when there is neither a stack nor a `REDIS_URL`
 * @throws `redis_unavailable`
 */
export async function findWorkers(config: Config): Promise<FoundWorkers | null> {
  const stack = await findStack(config.home);
  if (stack !== null) return { redisUrl: stack.redisUrl, from: 'local_stack', complete: true };
  if (config.redisUrl === null) return null;
  const redis = await connectOrFail(config.redisUrl);
  try {
    const workers = await readWorkers(redis, config.queuePrefix);
    const complete = STAGES.every((stage) => workers.some((worker) => worker.stage === stage));
    return { redisUrl: config.redisUrl, from: 'redis_url', complete };
  } finally {
    redis.disconnect();
  }
}

/** As `findWorkers`, for commands that need a Redis. Throws `stack_not_running` without one, with this sentence. */
export async function requireWorkers(config: Config, hint: string): Promise<FoundWorkers> {
  const workers = await findWorkers(config);
  if (workers !== null) return workers;
  throw fail('stack_not_running', {
    message: 'No stack is running for this folder, so nobody would do the run.',
    where: config.home,
    hint,
  });
}
