import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { fail } from '@millrace/shared/core/errors';
import type { Source } from '@millrace/shared/core/pipeline';
import { resolvePath } from '@millrace/shared/core/resolve-path';
import { isDynamicPattern } from 'tinyglobby';

import { isWithin, leadsOutside, searchFolder } from './search-folder.ts';

/** What a folder is searched for, by type of source. */
const EXTENSIONS: Record<Source['type'], readonly string[]> = {
  json: ['json', 'jsonl', 'ndjson', 'geojson'],
  csv: ['csv', 'tsv', 'txt'],
  sqlite: ['db', 'sqlite', 'sqlite3'],
  parquet: ['parquet'],
};
const COMPRESSED = ['', '.gz', '.zst'];

export interface ListedFile {
  /** Absolute and without links. */
  readonly path: string;
  /** The path under which it was found; absolute. */
  readonly foundAs: string;
}

/**
 * The files of a source, sorted by the path under which they were found. A path names one file, a folder (its files with
 * the extensions of the type, not deeper) or a glob. Links are followed, and a file that is met under several names
 * is read once. A path that its author wrote may lead anywhere, by `..` and by links; but a link that is only met in
 * the folder, or in the part of a glob without wildcards, must not lead out of it: whoever can put a link there could
 * else have any file of the machine read.
 *
 * Throws `path_outside_root`, `source_unavailable` for links to nowhere, and `input_not_found` unless the source allows
 * that there is no file.
 */
export async function listFiles(source: Source, baseDir: string): Promise<ListedFile[]> {
  const target = resolvePath(baseDir, source.path);
  const { root, files } = await find(target, source, baseDir);
  if (files.length === 0 && !source.allowEmpty) throw await notFound(source, target);
  const listed = new Map<string, ListedFile>();
  for (const foundAs of files.sort()) {
    const real = await resolveLinks(foundAs);
    if (root !== null && !isWithin(root, real)) throw leadsOutside(foundAs, real, root);
    const known = listed.get(real);
    // `latest.json` as a link to the newest of its neighbours must not double that one's records.
    if (known === undefined || foundAs === real) listed.set(real, { path: real, foundAs });
  }
  return [...listed.values()].sort((a, b) => (a.foundAs < b.foundAs ? -1 : 1));
}

interface Found {
  /** The real path that all files must be within; null: anywhere. */
  readonly root: string | null;
  readonly files: string[];
}

async function find(target: string, source: Source, baseDir: string): Promise<Found> {
  const kind = await kindOf(target);
  // A file whose name looks like a glob is still that file.
  if (kind === 'file') return { root: null, files: [target] };
  if (kind === 'folder') {
    const endings = EXTENSIONS[source.type].flatMap((extension) =>
      COMPRESSED.map((suffix) => `*.${extension}${suffix}`),
    );
    return search(endings, target, source);
  }
  const { folder, pattern } = await splitPattern(source.path, baseDir);
  return isDynamicPattern(pattern) ? search([pattern], folder, source) : { root: null, files: [] };
}

async function search(patterns: string[], folder: string, source: Source): Promise<Found> {
  const root = source.followSymlinks ? null : await realpath(folder).catch(() => folder);
  return { root, files: await searchFolder(patterns, folder, root) };
}

async function resolveLinks(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    throw fail('source_unavailable', {
      message: `The file cannot be opened: ${error instanceof Error ? error.message : String(error)}.`,
      where: file,
      hint: file.includes('\uFFFD')
        ? 'Its name seems not to be valid UTF-8: rename it.'
        : 'It may be a link that leads nowhere: remove or mend it.',
      cause: error,
    });
  }
}

/**
 * Parts a pattern from the folder that it is to be looked for in. A folder that exists is that folder, whatever its
 * name looks like: the home of a pipeline may be called `data (1)`.
 */
async function splitPattern(pattern: string, baseDir: string): Promise<{ folder: string; pattern: string }> {
  const parts = pattern.split('/');
  let folder = pattern.startsWith('/') ? '/' : baseDir;
  let taken = 0;
  for (const part of parts.slice(0, -1)) {
    const next = resolvePath(folder, part === '' ? '.' : part);
    if (isDynamicPattern(part) && (await kindOf(next)) !== 'folder') break;
    folder = next;
    taken += 1;
  }
  return { folder, pattern: parts.slice(taken).join('/') };
}

async function kindOf(target: string): Promise<'file' | 'folder' | 'none'> {
  try {
    return (await stat(target)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'none';
  }
}

async function notFound(source: Source, target: string): Promise<Error> {
  let folder = target;
  while (folder !== '/' && (await kindOf(folder)) !== 'folder') folder = path.dirname(folder);
  const near = (await searchFolder(['*'], folder, null)).map((file) => path.basename(file)).sort();
  const shown = near.slice(0, 8).join(', ') + (near.length > 8 ? ', …' : '');
  const there =
    near.length > 0
      ? `In ${folder} there are: ${shown}.`
      : `The nearest folder that exists, ${folder}, has no files.`;
  return fail('input_not_found', {
    message: `Source '${source.name}': no file matches '${source.path}'.`,
    where: target,
    hint: source.path.startsWith('~') ? `'~' stands for itself here: write the path out. ${there}` : there,
  });
}
