import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';

import { withoutPassword } from '../adapters/redis-client.ts';
import { findUnpackedRedis } from './redis-debian.ts';
import { readRedisUrl } from './redis-url.ts';

/** Both speak the same protocol and take the same settings. */
export const SERVER_NAMES = ['redis-server', 'valkey-server'] as const;

/** A server somebody else runs. */
export interface RemoteRedis {
  readonly source: 'env';
  readonly url: string;
}

/** A program that can be started. `libraryPath` names folders of shared libraries it needs, or is empty. */
export interface RedisProgram {
  readonly source: 'path' | 'debian';
  readonly command: string;
  readonly libraryPath: string;
}

export type RedisLocation = RemoteRedis | RedisProgram;

/**
 * Where Redis is, without starting or fetching anything: `REDIS_URL`, then a server on the `PATH`, then one that
 * was unpacked into `cacheDir` earlier. `null` when there is none.
 *
 * @throws `config_invalid` when `REDIS_URL` or `REDIS_PASSWORD_FILE` is set and cannot be used.
 */
export async function findRedis(env: NodeJS.ProcessEnv, cacheDir: string): Promise<RedisLocation | null> {
  const url = env['REDIS_URL'] ? readRedisUrl(env) : null;
  if (url !== null) return { source: 'env', url };
  for (const name of SERVER_NAMES) {
    const command = await findOnPath(name, env);
    if (command !== null) return { source: 'path', command, libraryPath: '' };
  }
  const unpacked = await findUnpackedRedis(cacheDir);
  return unpacked === null ? null : { source: 'debian', ...unpacked };
}

/** One sentence part for logs and `doctor`: `redis-server at /usr/bin/redis-server`. */
export function describeLocation(location: RedisLocation): string {
  switch (location.source) {
    case 'env':
      return `REDIS_URL (${withoutPassword(location.url)})`;
    case 'path':
      return `${path.basename(location.command)} at ${location.command}`;
    case 'debian':
      return `redis-server of the Debian package, unpacked at ${location.command}`;
  }
}

/** Absolute path of an executable of that name in a folder of `PATH`, or `null`. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const folder of (env['PATH'] ?? '').split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    const candidate = path.join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return null;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
