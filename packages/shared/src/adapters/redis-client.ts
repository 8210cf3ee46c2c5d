import { Redis, type RedisOptions } from '../npm/ioredis.ts';

/** Schemes of a Redis URL that millrace accepts. */
export const REDIS_SCHEMES = ['redis', 'rediss', 'unix'] as const;

/**
 * A client for `redis://`, `rediss://` or `unix:///path?db=1`. ioredis itself would read a `unix:` URL as the
 * name of a host.
 *
 * The client connects in the background unless `lazyConnect` is set; the caller listens for `error` and closes it.
 */
export function redisClient(url: string, options: RedisOptions = {}): Redis {
  const target = url.startsWith('unix://') ? url.slice('unix://'.length) : url;
  return new Redis(target, options);
}

/** The URL as it may be shown and logged: without the password, which may stand before the host or in the query. */
export function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^/:@]*):[^/]*@/, '$1:***@').replace(/([?&]password=)[^&]*/gi, '$1***');
}

/** The URL of a Redis that asks for this password. It has none yet. */
export function withPassword(url: string, password: string): string {
  const encoded = encodeURIComponent(password);
  if (url.startsWith('unix://')) return `${url}${url.includes('?') ? '&' : '?'}password=${encoded}`;
  const parsed = new URL(url);
  parsed.password = encoded;
  return parsed.href;
}
