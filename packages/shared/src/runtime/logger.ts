import { pino, type Logger } from 'pino';

import type { Config } from './config.ts';

export type { Logger } from 'pino';

/**
 * One JSON line per event on standard output. Lines about work carry run, task and attempt through child loggers.
 * Records, rows and connection strings are never logged: they may hold secrets.
 */
export function createLogger(config: Pick<Config, 'logLevel'>, service: string): Logger {
  return pino({
    level: config.logLevel,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['redisUrl', '*.redisUrl', '*.password'], censor: '[hidden]' },
  });
}
