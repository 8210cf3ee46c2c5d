import { pino, type DestinationStream, type Logger } from '../npm/pino.ts';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

/**
 * One JSON line per event, on standard output unless told otherwise. Lines about work carry run, task and attempt through child loggers.
 * Records, rows and connection strings are never logged: they may hold secrets.
 */
export function createLogger(
  config: Pick<Config, 'logLevel'>,
  service: string,
  // At once: the last line of a process that ends itself, or is ended, is the one that matters.
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  const options = {
    level: config.logLevel,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: withoutCommand },
    redact: { paths: ['redisUrl', '*.redisUrl', '*.password'], censor: '[hidden]' },
  };
  return pino(options, destination);
}

/** Errors of Redis carry the command that failed with its arguments, and the command may be AUTH. */
function withoutCommand(error: Error): unknown {
  const shown: unknown = pino.stdSerializers.err(error);
  if (typeof shown !== 'object' || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).filter(([name]) => name !== 'command'));
}
