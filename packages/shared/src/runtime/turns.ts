import type { Redis } from 'ioredis';

import { createReconciler } from './reconciler.ts';
import { createScheduler } from './scheduler.ts';
import type { ServiceTools } from './service-tools.ts';

interface Chore {
  /** Part of the key of its turns. */
  readonly name: string;
  readonly act: () => Promise<unknown>;
}

/**
 * What some worker has to look after, whatever else it does: lost jobs, and runs whose time has come. Each is done at an
 * interval, in whichever worker gets the turn: a key that expires says that somebody has had it. An emptied Redis forgets the
 * key, and then two may do it at once, which is harmless.
 * @returns a function that ends it
 */
export function startTurns(tools: ServiceTools, redis: Redis): () => void {
  const { store, queue, worker, logger } = tools;
  const reconciler = createReconciler(store, queue, worker, logger);
  const scheduler = createScheduler(tools);
  const stops = [
    takeTurns(tools, redis, { name: 'reconcile', act: () => reconciler.reconcile() }),
    takeTurns(tools, redis, { name: 'schedule', act: () => scheduler.requestDue(new Date().toISOString()) }),
  ];
  return () => stops.forEach((stop) => stop());
}

function takeTurns({ config, logger, worker }: ServiceTools, redis: Redis, { name, act }: Chore): () => void {
  let busy = false;
  let stopped = false;
  const turn = async () => {
    if (busy || redis.status !== 'ready') return;
    busy = true;
    try {
      const key = `${config.queuePrefix}:${name}`;
      if ((await redis.set(key, worker, 'PX', config.reconcileEveryMs, 'NX')) === 'OK') await act();
    } catch (error) {
      if (!stopped) logger.warn({ err: error }, `could not ${name}; tried again soon`);
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
