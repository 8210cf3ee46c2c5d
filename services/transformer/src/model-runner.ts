import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { startModelProcess, type ModelProcess } from './adapters/model-process.ts';
import type { Order, ResultOf } from './contracts/model-order.ts';

/** Does what an order asks for. When it settles, nobody writes to the order's targets. */
export type Run<O extends Order> = (order: O, signal: AbortSignal) => Promise<ResultOf<O>>;

/** Runs models and evaluates checks. */
export type ModelRunner = <O extends Order>(...asked: Parameters<Run<O>>) => ReturnType<Run<O>>;

/**
 * Runs each model in a process of its own or in that of the one before: to start one takes as long as ten small
 * models. After a failure it is not used again, because its state is not known.
 * @param timeoutMs for one model, from its order to its end
 */
export function createModelRunner(timeoutMs: number): ModelRunner {
  let idle: ModelProcess | null = null;
  const take = async (): Promise<ModelProcess> => {
    const found = idle;
    idle = null;
    if (found !== null && (await found.isFit())) return found;
    found?.end();
    return startModelProcess();
  };
  const giveBack = async (used: ModelProcess): Promise<void> => {
    if (idle === null && (await used.isFit())) idle = used;
    else used.end();
  };
  return async (order, signal) => {
    // One per model, so that what a process that was ended left in it can be removed from outside.
    const spillDir = path.join(order.engine.spillDir, randomUUID());
    try {
      const own = { ...order, engine: { ...order.engine, spillDir } };
      const used = await take();
      const result = await used.run(own, timeoutMs, signal);
      await giveBack(used);
      return result;
    } finally {
      await rm(spillDir, { recursive: true, force: true });
    }
  };
}
