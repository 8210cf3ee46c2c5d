import type { Redis } from 'ioredis';

import { fail, isMillraceError } from '../core/errors.ts';
import { redisClient, withoutPassword } from './redis-client.ts';

/** The default grows to 20 s, in which a healed Redis stands idle. */
const RECONNECT_MAX_MS = 1000;
const reconnect = (times: number) => Math.min(100 * 2 ** Math.min(times, 10), RECONNECT_MAX_MS);

/**
 * An answer that takes longer will not come: the other end is gone without a word, as after a lost route or the failure of
 * a host, and TCP would find that out after a quarter of an hour. Longer than BullMQ's blocking commands, which take 10 s.
 */
const ANSWER_MAX_MS = 15_000;

/** For workers: waits for Redis as long as it takes, over a new connection when the old one falls silent. */
export function connectPatiently(url: string): Redis {
  const patience = { maxRetriesPerRequest: null, retryStrategy: reconnect, socketTimeout: ANSWER_MAX_MS };
  return quiet(redisClient(url, patience));
}

/**
 * For those who enqueue and ask: fails at once when Redis is away, instead of waiting inside a command.
 * Throws `redis_unavailable` when no connection is there within `timeoutMs`.
 */
export async function connectOrFail(url: string, timeoutMs = 3000): Promise<Redis> {
  const redis = quiet(
    redisClient(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: timeoutMs,
      connectTimeout: timeoutMs,
      retryStrategy: () => null,
    }),
  );
  // The reason comes as an event, while the call rejects with "Connection is closed.".
  let reason: Error | undefined;
  redis.once('error', (error: Error) => (reason = error));
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw redisUnavailable(url, reason ?? error);
  }
}

/**
 * For servers that ask now and then: a command fails at once while Redis is away, and the connection comes back by itself.
 */
export function connectLasting(url: string): Redis {
  return quiet(
    redisClient(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: 3000,
      retryStrategy: reconnect,
    }),
  );
}

export function redisUnavailable(url: string, cause: unknown): Error {
  if (isMillraceError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (/^(NOAUTH|WRONGPASS|NOPERM)/.test(reason)) {
    return fail('redis_unavailable', {
      message: `Redis refused: ${reason}`,
      where: withoutPassword(url),
      hint: 'Check user and password in REDIS_URL.',
      cause,
    });
  }
  return fail('redis_unavailable', {
    message: `Redis did not answer: ${reason.replace(/[.]$/, '')}.`,
    where: withoutPassword(url),
    hint: 'Start it, or set REDIS_URL to one that runs; without REDIS_URL millrace starts its own.',
    cause,
  });
}

/** Without a listener, ioredis prints each lost connection; the commands that fail tell it better. */
function quiet(redis: Redis): Redis {
  redis.on('error', () => undefined);
  return redis;
}
