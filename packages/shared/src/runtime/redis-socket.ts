import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { fail } from '../core/errors.ts';

/** A socket address holds 108 bytes on Linux and 104 on macOS. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Where the Redis of a data folder listens. Short and fixed for that folder, because its own path may exceed a
 * socket address.
 */
export function socketPath(dataDir: string): string {
  const name = `millrace-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  const socket = path.join(os.tmpdir(), name, 'redis.sock');
  return Buffer.byteLength(socket) <= MAX_SOCKET_PATH_BYTES ? socket : path.join('/tmp', name, 'redis.sock');
}

/**
 * Makes the folder for a socket, closed to others. They may share the temporary folder, and one of them may have
 * made this name first.
 *
 * @throws `redis_unavailable` when it is not ours alone.
 */
export async function claimSocketFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const info = await lstat(folder);
  const isOurs = info.isDirectory() && info.uid === os.userInfo().uid && (info.mode & 0o077) === 0;
  if (!isOurs) {
    throw fail('redis_unavailable', {
      message: 'The folder for the socket of Redis belongs to somebody else, or others may use it.',
      where: folder,
      hint: 'Remove that folder, or set TMPDIR to a folder of your own.',
    });
  }
}
