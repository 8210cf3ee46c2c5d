import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, realpath, stat, type FileHandle } from 'node:fs/promises';

import { fail, isMillraceError } from '@millrace/shared/core/errors';
import type { FileFacts } from '@millrace/shared/core/known-file';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Bytes `start` to `end` of a file, in chunks. Throws `source_unavailable` or `not_regular_file` naming the file.
 * @param reuses whether chunks lie in two buffers by turns, for readers that are done with a chunk before they ask for
 * the one after the next; otherwise each has its own
 */
export async function* readBytes(
  path: string,
  start: number,
  end: number | null,
  reuses = false,
): AsyncIterable<Uint8Array> {
  const { handle } = await openFile(path);
  try {
    let at = start;
    let [buffer, other]: (Buffer | null)[] = [null, null];
    while (end === null || at < end) {
      const wanted = end === null ? CHUNK_BYTES : Math.min(CHUNK_BYTES, end - at);
      [other, buffer] = [buffer, reuses ? other : null];
      buffer ??= Buffer.allocUnsafeSlow(wanted);
      const bytesRead = await readChunk(handle, path, buffer, Math.min(wanted, buffer.length), at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** What can be seen of a file without reading it. Throws `source_unavailable` or `not_regular_file`. */
export async function statInput(path: string): Promise<FileFacts> {
  const { handle, stats } = await openFile(path);
  await handle.close();
  return factsOf(stats);
}

/**
 * The same of a file that was just listed under its real path, and may be read because of where that is. Throws
 * `source_changed` when a link has taken the place of it, or of a folder above it, in between.
 */
export async function statListed(path: string): Promise<FileFacts> {
  const { handle, stats } = await openFile(path);
  try {
    const inPlace = (await realpath(path)) === path ? await stat(path, { bigint: true }) : null;
    if (inPlace?.ino !== stats.ino || inPlace.dev !== stats.dev) throw replacedByLink(path);
    return factsOf(stats);
  } catch (error) {
    throw unavailable(path, error);
  } finally {
    await handle.close();
  }
}

function factsOf(stats: BigIntStats): FileFacts {
  return {
    sizeBytes: Number(stats.size),
    modifiedMs: Number(stats.mtimeNs) / 1e6,
    changedMs: Number(stats.ctimeNs) / 1e6,
    inode: String(stats.ino),
  };
}

/**
 * Opens a regular file. What it is, is asked before, because opening a device can set it in motion, and again of what
 * was opened. It does not wait: a named pipe would keep the call, and one of the few threads for files, until somebody
 * writes. And it follows no link: paths are real ones from planning on.
 */
async function openFile(path: string): Promise<{ handle: FileHandle; stats: BigIntStats }> {
  let handle: FileHandle | null = null;
  try {
    requireFile(await lstat(path, { bigint: true }), path);
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stats = await handle.stat({ bigint: true });
    requireFile(stats, path);
    return { handle, stats };
  } catch (error) {
    await handle?.close();
    throw unavailable(path, error);
  }
}

function requireFile(stats: BigIntStats, path: string): void {
  if (stats.isFile()) return;
  if (stats.isSymbolicLink()) throw replacedByLink(path);
  throw fail('not_regular_file', {
    message: `This is ${describeKind(stats)}, not a file.`,
    where: path,
    hint: 'Name files, a folder or a glob of files. What comes out of a pipe has to be written to a file first.',
  });
}

function describeKind(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function replacedByLink(path: string): Error {
  return fail('source_changed', {
    message: 'A link has taken the place of this file, or of a folder above it, after it was listed.',
    where: path,
    hint: 'Run again when nobody changes the folder any more.',
  });
}

async function readChunk(
  handle: FileHandle,
  path: string,
  buffer: Buffer,
  length: number,
  position: number,
): Promise<number> {
  try {
    return (await handle.read(buffer, 0, length, position)).bytesRead;
  } catch (error) {
    throw unavailable(path, error);
  }
}

function unavailable(path: string, error: unknown): Error {
  if (isMillraceError(error)) return error;
  return fail('source_unavailable', {
    message: `The file could not be read: ${error instanceof Error ? error.message : String(error)}.`,
    where: path,
    hint: 'Check that it exists and that the workers may read it.',
    cause: error,
  });
}
