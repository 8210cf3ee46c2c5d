import { openEventTarget, type EventTarget } from '../adapters/event-target.ts';
import type { Logger } from './logger.ts';

/** Events that wait at most, of which each is a few KB; more are dropped, because work must not wait for a receiver. */
const MAX_WAITING = 1000;
/** How long what waits may still be sent when the process stops. */
const FLUSH_MS = 2000;

/** Sends events one after the other, behind the work that they tell of. Nothing that goes wrong here reaches that work. */
export interface EventOutbox {
  /** @param make reads what the event needs; null when there is nothing to send after all */
  add(make: () => Promise<object | null>): void;
  /** Sends what waits, for two seconds at most. */
  close(): Promise<void>;
}

export function openEventOutbox(
  where: string,
  logger: Pick<Logger, 'warn'>,
  target: EventTarget = openEventTarget(where),
): EventOutbox {
  const stopping = new AbortController();
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();

  async function deliver(make: () => Promise<object | null>): Promise<void> {
    try {
      stopping.signal.throwIfAborted();
      const event = await make();
      if (event !== null) await target.send(event, stopping.signal);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      logger.warn({ to: target.name }, `an event was not delivered: ${why}`);
    } finally {
      waiting -= 1;
    }
  }

  return {
    add(make) {
      if (waiting >= MAX_WAITING) {
        logger.warn({ to: target.name, waiting }, 'an event was dropped: too many wait for the receiver');
        return;
      }
      waiting += 1;
      last = last.then(() => deliver(make));
    },
    async close() {
      const timer = setTimeout(() => stopping.abort(new Error('the process stops')), FLUSH_MS);
      await last;
      clearTimeout(timer);
    },
  };
}
