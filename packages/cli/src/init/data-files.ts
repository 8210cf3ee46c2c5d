import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { fail } from '@millrace/shared/core/errors';

/** A file that a person named, or that is in a folder they named. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** The folder that was given, or that of the file: files of one folder may belong together. */
  readonly root: string;
  /** Whether the person named this very file. */
  readonly isNamed: boolean;
}

/** Folders that hold programs and states rather than exports. */
const SKIPPED_FOLDERS = new Set(['node_modules', '__pycache__', '__MACOSX']);
const PIPELINE_FILE = 'pipeline.yml';
/** Of millrace's own folders: the tables that it publishes beside a pipeline are no source. */
const MAX_DEPTH = 8;
/** Files that a database keeps beside itself. */
const COMPANION = /-(wal|shm|journal)$/;

/**
 * The files that a person gave, folders replaced by the files in them and in folders inside. Hidden ones and folders of
 * pipelines are passed over. Throws `input_not_found` for what is not there.
 */
export async function findDataFiles(given: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const name of given) {
    for (const file of await lookAt(path.resolve(name), name)) {
      if (!found.has(file.path)) found.set(file.path, file);
    }
  }
  return [...found.values()];
}

async function lookAt(target: string, given: string): Promise<FoundFile[]> {
  const info = await stat(target).catch(() => null);
  if (info === null) {
    throw fail('input_not_found', {
      message: `There is no file '${given}'.`,
      where: target,
      hint: 'Check the path.',
    });
  }
  if (!info.isDirectory()) return [{ path: target, root: path.dirname(target), isNamed: true }];
  const inside = await filesIn(target, 0);
  if (inside.length > 0) return inside.map((file) => ({ path: file, root: target, isNamed: false }));
  throw fail('input_not_found', {
    message: `The folder '${given}' has no files.`,
    where: target,
    hint: 'Give files, or a folder of them.',
  });
}

async function filesIn(folder: string, depth: number): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true }))
    .filter(({ name }) => !name.startsWith('.') && !SKIPPED_FOLDERS.has(name) && !COMPANION.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  if (depth > 0 && entries.some(({ name }) => name === PIPELINE_FILE)) return [];
  const files: string[] = [];
  for (const entry of entries) {
    const target = path.join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await stat(target).catch(() => entry) : entry;
    if (kind.isFile()) files.push(target);
    // A link to a folder may lead to one that it is in.
    else if (entry.isDirectory() && depth < MAX_DEPTH) files.push(...(await filesIn(target, depth + 1)));
  }
  return files;
}
