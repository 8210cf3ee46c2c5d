import type { Redis } from 'ioredis';

import type { Logger } from './logger.ts';

/** Says once that Redis is away and why, and once that it is back, however often the connection is tried. */
export function reportOutages(redis: Redis, where: string, logger: Logger): void {
  let reason: string | null = null;
  redis.on('error', (error: Error) => {
    if (error.message === reason) return;
    reason = error.message;
    logger.warn({ redis: where, err: reason }, 'waiting for Redis');
  });
  redis.on('ready', () => {
    if (reason !== null) logger.info({ redis: where }, 'Redis is back');
    reason = null;
  });
}
