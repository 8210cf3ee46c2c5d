import { open, stat, type FileHandle } from 'node:fs/promises';

import { hasErrno } from '@millrace/shared/adapters/durable-file';

const HEADER_BYTES = 100;
const READ_VERSION_AT = 19;
const CHANGE_COUNTER_AT = 24;
const WAL = 2;
const WAL_HEADER_BYTES = 32;

/**
 * A text that differs after every commit to a SQLite database, told from its files alone: a connection's own
 * `PRAGMA data_version` means nothing to another process. Without WAL each commit counts up the change counter in
 * the header. With WAL it may not, and commits are in the `-wal` file, whose header is new whenever it begins anew.
 *
 * It may also differ when nothing but the place of pages has changed, as after a checkpoint: to take that for a
 * change is the lesser failure.
 */
export async function databaseVersion(path: string): Promise<string> {
  const main = await open(path);
  try {
    const { size, mtimeNs } = await main.stat({ bigint: true });
    const header = await head(main, HEADER_BYTES);
    const counter = header.subarray(CHANGE_COUNTER_AT, CHANGE_COUNTER_AT + 4).toString('hex');
    const parts = [String(size), counter];
    if (header[READ_VERSION_AT] === WAL) parts.push(String(mtimeNs), await walVersion(`${path}-wal`));
    return parts.join('.');
  } finally {
    await main.close();
  }
}

/** Readers make an empty `-wal` file when there is none: both are the same. */
async function walVersion(path: string): Promise<string> {
  try {
    const { size, mtimeNs } = await stat(path, { bigint: true });
    if (size === 0n) return '';
    const file = await open(path);
    try {
      return `${size}.${mtimeNs}.${(await head(file, WAL_HEADER_BYTES)).toString('hex')}`;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

async function head(file: FileHandle, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  await file.read(buffer, 0, bytes, 0);
  return buffer;
}
