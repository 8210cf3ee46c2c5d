import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import type { TaskQueue } from '@millrace/shared/ports/queue';
import type { Config } from '@millrace/shared/runtime/config';

/** Lends the queues in this Redis to an action. Throws `redis_unavailable`. */
export async function withQueue<T>(
  { queuePrefix, attempts }: Config,
  redisUrl: string,
  action: (queue: TaskQueue) => Promise<T>,
): Promise<T> {
  const queue = await connectQueue({ redisUrl, prefix: queuePrefix, attempts });
  try {
    return await action(queue);
  } finally {
    await queue.close();
  }
}
