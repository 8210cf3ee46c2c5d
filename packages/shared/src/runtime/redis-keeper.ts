import { setTimeout as delay } from 'node:timers/promises';

import { asMillraceError, fail, type MillraceError } from '../core/errors.ts';
import { isAlive, stopRedis, type RedisIdentity } from './redis-process.ts';

const LOOK_EVERY_MS = 200;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** A server that lived this long was well: its next death counts as the first. */
const WELL_AFTER_MS = 30_000;
const MAX_EARLY_DEATHS = 6;

export interface RedisKeeperOptions {
  /** One line when the server has died and is started again. */
  readonly log: (line: string) => void;
  /** Called once, when it dies so often, or cannot be started, that trying again is no use. */
  readonly onBroken: (error: MillraceError) => void;
  /** Starts a server on the same data and socket; rejects with the reason when it does not come up. */
  readonly spawn: () => Promise<RedisIdentity>;
}

/** A server that is kept running until `stop`. */
export interface RedisKeeper {
  /** Ends the server, also one that is only just being started. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a server again when it dies. Workers wait for it meanwhile and connect again by themselves, and what its
 * file has lost of the queues they add from the bucket: only nobody else would start it.
 *
 * The process is looked for instead of waited for, because a server that outlived its first owner is no child of this one.
 */
export function keepRedis(first: RedisIdentity, options: RedisKeeperOptions): RedisKeeper {
  const stopping = new AbortController();
  let { pid } = first;

  async function keepRunning(): Promise<void> {
    let [startedAt, earlyDeaths] = [Date.now(), 0];
    while (await untilGone(pid, stopping.signal)) {
      earlyDeaths = Date.now() - startedAt > WELL_AFTER_MS ? 1 : earlyDeaths + 1;
      options.log('Redis ended; starting it again. Queues go on, and what they have lost is added again.');
      const next = await start(earlyDeaths);
      if (next === null) return;
      [pid, startedAt] = [next.pid, Date.now()];
    }
  }

  async function start(earlyDeaths: number): Promise<RedisIdentity | null> {
    let failure = diesTooOften();
    for (let deaths = earlyDeaths; deaths < MAX_EARLY_DEATHS; deaths += 1) {
      await delay(backoffMs(deaths), undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return null;
      try {
        return await options.spawn();
      } catch (error) {
        failure = asMillraceError(error);
      }
    }
    options.onBroken(failure);
    return null;
  }

  const ended = keepRunning();
  return {
    async stop() {
      stopping.abort();
      await ended;
      await stopRedis(pid);
    },
  };
}

function diesTooOften(): MillraceError {
  return fail('redis_unavailable', {
    message: `Redis ended ${MAX_EARLY_DEATHS} times soon after its start.`,
    hint: 'Look into `redis.log` in `.millrace/redis`. Queues hold nothing that the bucket lacks: with that folder moved away, `millrace up` begins with empty ones.',
  });
}

function backoffMs(deaths: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (deaths - 1), LONGEST_DELAY_MS);
}

/** False when the signal came first. */
async function untilGone(pid: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (!isAlive(pid)) return true;
    await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
  return false;
}
