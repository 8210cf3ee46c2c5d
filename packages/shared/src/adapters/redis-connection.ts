import { Redis, type RedisOptions } from 'ioredis';

import { fail, isMillraceError } from '../core/errors.ts';

/** The default grows to 20 s, in which a healed Redis stands idle. */
const RECONNECT_MAX_MS = 1000;
const reconnect = (times: number) => Math.min(100 * 2 ** Math.min(times, 10), RECONNECT_MAX_MS);

/** Options for ioredis from redis://, rediss:// or unix:///path. */
function redisOptions(url: string): RedisOptions {
  if (url.startsWith('unix://')) return { path: decodeURIComponent(url.slice('unix://'.length)) };
  const parsed = parseUrl(url);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    db: parsed.pathname.length > 1 ? Number(parsed.pathname.slice(1)) : 0,
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function parseUrl(url: string): URL {
  if (URL.canParse(url)) {
    const parsed = new URL(url);
    if (parsed.protocol === 'redis:' || parsed.protocol === 'rediss:') return parsed;
  }
  // The value is not repeated: it may hold a password.
  throw fail('config_invalid', {
    message: 'REDIS_URL is not the address of a Redis.',
    hint: 'Write redis://host:6379, rediss://user:password@host:6379 or unix:///path/to/redis.sock.',
  });
}

/** The address without user and password, fit for messages. */
export function redisAddress(url: string): string {
  if (!URL.canParse(url)) return 'REDIS_URL';
  const parsed = new URL(url);
  return parsed.protocol === 'unix:'
    ? parsed.pathname
    : `${parsed.hostname}:${parsed.port === '' ? 6379 : parsed.port}`;
}

/** For workers: waits for Redis as long as it takes. */
export function connectPatiently(url: string): Redis {
  return quiet(new Redis({ ...redisOptions(url), maxRetriesPerRequest: null, retryStrategy: reconnect }));
}

/**
 * For those who enqueue and ask: fails at once when Redis is away, instead of waiting inside a command.
 * Throws `redis_unavailable` when no connection is there within `timeoutMs`.
 */
export async function connectOrFail(url: string, timeoutMs = 3000): Promise<Redis> {
  const redis = quiet(
    new Redis({
      ...redisOptions(url),
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: timeoutMs,
      connectTimeout: timeoutMs,
      retryStrategy: () => null,
    }),
  );
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw redisUnavailable(url, error);
  }
}

export function redisUnavailable(url: string, cause: unknown): Error {
  if (isMillraceError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return fail('redis_unavailable', {
    message: `Redis did not answer: ${reason}.`,
    where: redisAddress(url),
    hint: 'Start it, or set REDIS_URL to one that runs; without REDIS_URL millrace starts its own.',
    cause,
  });
}

/** Without a listener, ioredis prints each lost connection; the commands that fail tell it better. */
function quiet(redis: Redis): Redis {
  redis.on('error', () => undefined);
  return redis;
}
