import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';

/** Makes a file's or folder's content survive a power cut. A failed sync is never retried as if it were fine. */
export async function syncPath(target: string): Promise<void> {
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Creates a folder with its parents; each new entry is synced in its parent, else a power cut could forget it. One by
 * one, because Node's own way to do it reports another error than the one that occurred.
 */
export async function makeFolder(folder: string): Promise<void> {
  const made = await makeOneFolder(folder);
  if (made === 'no parent') {
    await makeFolder(path.dirname(folder));
    await mkdir(folder).catch(unlessThere);
  }
  if (made !== 'there already') await syncPath(path.dirname(folder));
}

async function makeOneFolder(folder: string): Promise<'made' | 'there already' | 'no parent'> {
  try {
    await mkdir(folder);
    return 'made';
  } catch (error) {
    if (hasErrno(error, 'EEXIST', 'EISDIR') && (await stat(folder)).isDirectory()) return 'there already';
    if (hasErrno(error, 'ENOENT') && path.dirname(folder) !== folder) return 'no parent';
    throw error;
  }
}

function unlessThere(error: unknown): void {
  if (!hasErrno(error, 'EEXIST')) throw error;
}

/** Writes a new file and syncs its content; the caller links it into place and syncs the folder. */
export async function writeSynced(target: string, content: Uint8Array): Promise<void> {
  const handle = await open(target, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Names that begin with this are unfinished work of a writer. */
export const TEMPORARY = '.';

/** A name in the folder of a file that no other writer uses. */
export function temporaryBeside(file: string): string {
  const { dir, base } = path.parse(file);
  return path.join(dir, `${TEMPORARY}${randomBytes(6).toString('hex')}.${base}`);
}

const HASHED_AT_ONCE_BYTES = 256 * 1024;

/**
 * Size and sha256 (hex) of a file, or the signal's reason. It is read into one buffer: new ones for each part keep the
 * garbage collector busy.
 */
export async function hashFile(
  file: string,
  signal?: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(HASHED_AT_ONCE_BYTES);
  const handle = await open(file, 'r');
  try {
    let bytes = 0;
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** Whether an error of the file system has this code, for example `ENOENT`. */
export function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Errors of the file system that no retry cures. */
export const NEEDS_A_PERSON = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EEXIST'] as const;
