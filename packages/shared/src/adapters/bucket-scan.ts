import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';

import type { StoredObject } from '../core/stored-object.ts';
import { hasErrno, TEMPORARY } from './durable-file.ts';

/** As `scan` of a bucket. What vanishes meanwhile is left out. */
export async function scanFolder(folder: string, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for (const entry of await unlessGone(readdir(folder, { withFileTypes: true }), [])) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await scanFolder(file, `${prefix}${entry.name}/`)));
    const facts = entry.isFile() ? await unlessGone(stat(file), null) : null;
    if (facts === null) continue;
    found.push({
      key: `${prefix}${entry.name}`,
      sizeBytes: facts.size,
      modifiedMs: facts.mtimeMs,
      isDraft: entry.name.startsWith(TEMPORARY),
    });
  }
  return found;
}

/** As `remove` of a bucket. The folder is not synced: what a power cut brings back is removed again. */
export async function removeEntry(file: string, key: string): Promise<void> {
  if (!key.endsWith('/')) return rm(file, { force: true });
  try {
    await rmdir(file);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

async function unlessGone<T, Other>(reading: Promise<T>, otherwise: Other): Promise<T | Other> {
  try {
    return await reading;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return otherwise;
    throw error;
  }
}
