import { fail } from '../core/errors.ts';
import { unpackRedis } from './redis-debian.ts';
import { findOnPath, findRedis, SERVER_NAMES, type RedisLocation } from './redis-find.ts';

export interface ProvideRedisOptions {
  /** Read for `REDIS_URL` and `PATH`, and handed to the programs that are started. */
  readonly env: NodeJS.ProcessEnv;
  /** Where a fetched Redis is kept. */
  readonly cacheDir: string;
  /** Receives one line for each step that takes time. */
  readonly log: (line: string) => void;
}

/**
 * A Redis to use: `REDIS_URL` as it is; else redis-server or valkey-server of the `PATH`; else, on Debian and
 * its relatives, the distribution's package unpacked into `cacheDir`. Starts nothing.
 *
 * @throws `redis_not_found`, saying what was looked for.
 */
export async function provideRedis(options: ProvideRedisOptions): Promise<RedisLocation> {
  const found = await findRedis(options.env, options.cacheDir);
  if (found !== null) return found;
  const canUnpack =
    (await findOnPath('apt-get', options.env)) !== null &&
    (await findOnPath('dpkg-deb', options.env)) !== null;
  if (!canUnpack) throw notFound('apt-get is not there either, so it could not be fetched.');
  try {
    return { source: 'debian', ...(await unpackRedis(options)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw notFound(`Fetching the Debian package failed: ${reason.trim()}`, error);
  }
}

function notFound(reason: string, cause?: unknown): Error {
  return fail('redis_not_found', {
    message: `No Redis was found: REDIS_URL is not set, and neither ${SERVER_NAMES.join(' nor ')} is on the PATH. ${reason}`,
    hint:
      'Debian, Ubuntu: sudo apt-get install redis-server. macOS: brew install redis. ' +
      'Or set REDIS_URL to a running one, such as redis://localhost:6379.',
    cause,
  });
}
