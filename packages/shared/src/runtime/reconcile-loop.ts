import type { Redis } from 'ioredis';

import { createReconciler } from './reconciler.ts';
import type { ServiceTools } from './service-tools.ts';

/**
 * Reconciles at an interval, in whichever worker gets the turn: a key that expires says that somebody has had it.
 * An emptied Redis forgets the key, and then two may reconcile at once, which is harmless.
 * @returns a function that ends it
 */
export function startReconciling(tools: ServiceTools, redis: Redis): () => void {
  const { config, logger, worker } = tools;
  const reconciler = createReconciler(tools.store, tools.queue, worker, logger);
  let busy = false;
  let stopped = false;
  const turn = async () => {
    if (busy || redis.status !== 'ready') return;
    busy = true;
    try {
      const key = `${config.queuePrefix}:reconcile`;
      if ((await redis.set(key, worker, 'PX', config.reconcileEveryMs, 'NX')) === 'OK')
        await reconciler.reconcile();
    } catch (error) {
      if (!stopped) logger.warn({ err: error }, 'could not reconcile; tried again soon');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void turn(), config.reconcileEveryMs / 2);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
