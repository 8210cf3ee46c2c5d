import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { hasErrno } from '../adapters/durable-file.ts';

/** What one engine spilled. */
export interface SpillFolder {
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Folders that engines of killed workers have left: in those, nothing was written for the time of grace. Should one be of a
 * model that still runs, the model fails and is tried again.
 */
export async function findOldSpill(folder: string, graceMs: number): Promise<SpillFolder[]> {
  const old: SpillFolder[] = [];
  for (const entry of await listFolder(folder)) {
    if (!entry.isDirectory()) continue;
    const spill = path.join(folder, entry.name);
    const files = (await listFolder(spill)).map(({ name }) => path.join(spill, name));
    let [sizeBytes, touchedMs] = [0, 0];
    for (const file of [spill, ...files]) {
      const facts = await statOrNull(file);
      if (facts?.isFile() === true) sizeBytes += facts.size;
      touchedMs = Math.max(touchedMs, facts?.mtimeMs ?? 0);
    }
    if (Date.now() - touchedMs >= graceMs) old.push({ path: spill, sizeBytes });
  }
  return old;
}

export async function removeSpill(folders: readonly SpillFolder[]): Promise<void> {
  for (const folder of folders) await rm(folder.path, { recursive: true, force: true });
}

async function listFolder(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

async function statOrNull(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw error;
  }
}
