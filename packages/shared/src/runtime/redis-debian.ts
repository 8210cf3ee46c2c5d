import {
  findUnpacked,
  unpackProgram,
  type DebianProgram,
  type UnpackedProgram,
  type UnpackOptions,
} from './debian-packages.ts';

/** redis-tools holds the program, redis-server the name it is started by. */
const REDIS: DebianProgram = {
  name: 'redis',
  packages: ['redis-server', 'redis-tools'],
  command: 'usr/bin/redis-server',
  versionFlag: '--version',
};

/** The server that `unpackRedis` put into `cacheDir`, or `null`. */
export function findUnpackedRedis(cacheDir: string): Promise<UnpackedProgram | null> {
  return findUnpacked(REDIS, cacheDir);
}

/** Unpacked and not installed, for root too: installing it would create a user and a service that starts at every boot. */
export function unpackRedis(options: UnpackOptions): Promise<UnpackedProgram> {
  return unpackProgram(REDIS, options);
}
