import { lstat, realpath as resolveLinks, stat as statFile, type Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { fail } from '@millrace/shared/core/errors';
import type { Source } from '@millrace/shared/core/pipeline';
import { resolvePath } from '@millrace/shared/core/resolve-path';
import { glob, isDynamicPattern, type GlobOptions } from 'tinyglobby';

/** What a folder is searched for, by type of source. */
const EXTENSIONS: Record<Source['type'], readonly string[]> = {
  json: ['json', 'jsonl', 'ndjson', 'geojson'],
  csv: ['csv', 'tsv', 'txt'],
  sqlite: ['db', 'sqlite', 'sqlite3'],
  parquet: ['parquet'],
};
const COMPRESSED = ['', '.gz', '.zst'];

/**
 * The files of a source, absolute and sorted. A path names one file, a folder (its files with the extensions of the
 * type, not deeper) or a glob. Links are followed; a file that is met under several names is read once.
 * Throws `input_not_found` unless the source allows that there is none.
 */
export async function listFiles(source: Source, baseDir: string): Promise<string[]> {
  const target = resolvePath(baseDir, source.path);
  const found = await find(target, source, baseDir);
  if (found.length === 0 && !source.allowEmpty) throw await notFound(source, target);
  return onceEach(found.sort());
}

async function find(target: string, source: Source, baseDir: string): Promise<string[]> {
  const kind = await kindOf(target);
  // A file whose name looks like a glob is still that file.
  if (kind === 'file') return [target];
  if (kind === 'folder') {
    const endings = EXTENSIONS[source.type].flatMap((extension) =>
      COMPRESSED.map((suffix) => `*.${extension}${suffix}`),
    );
    return search(endings, target);
  }
  const { root, pattern } = await splitPattern(source.path, baseDir);
  return isDynamicPattern(pattern) ? search([pattern], root) : [];
}

function search(patterns: string[], cwd: string): Promise<string[]> {
  return glob(patterns, {
    cwd,
    absolute: true,
    onlyFiles: true,
    dot: false,
    expandDirectories: false,
    fs: KEEPING_DEAD_LINKS,
  });
}

/** A link to nowhere is listed as if it were a file: opening it then says what is wrong, and nothing is left out. */
const KEEPING_DEAD_LINKS = {
  realpath: (link: string, done: (error: Error | null, target: string) => void) =>
    resolveLinks(link, (error, target) => done(null, error === null ? target : link)),
  stat: (file: string, done: (error: Error | null, facts: Stats) => void) =>
    statFile(file, (error, facts) => (error === null ? done(null, facts) : lstat(file, done))),
} as unknown as NonNullable<GlobOptions['fs']>;

/** `latest.json` as a link to the newest of its neighbours must not double that one's records. */
async function onceEach(sorted: readonly string[]): Promise<string[]> {
  const names = new Map<string, string>();
  for (const file of sorted) {
    const real = await realpath(file).catch(() => file);
    const known = names.get(real);
    if (known === undefined || file === real) names.set(real, file);
  }
  return [...names.values()].sort();
}

/**
 * Parts a pattern from the folder that it is to be looked for in. A folder that exists is that folder, whatever its
 * name looks like: the home of a pipeline may be called `data (1)`.
 */
async function splitPattern(pattern: string, baseDir: string): Promise<{ root: string; pattern: string }> {
  const parts = pattern.split('/');
  let root = pattern.startsWith('/') ? '/' : baseDir;
  let taken = 0;
  for (const part of parts.slice(0, -1)) {
    const next = resolvePath(root, part === '' ? '.' : part);
    if (isDynamicPattern(part) && (await kindOf(next)) !== 'folder') break;
    root = next;
    taken += 1;
  }
  return { root, pattern: parts.slice(taken).join('/') };
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
  const near = (await search(['*'], folder)).map((file) => path.basename(file)).sort();
  const shown = near.slice(0, 8).join(', ') + (near.length > 8 ? ', …' : '');
  return fail('input_not_found', {
    message: `Source '${source.name}': no file matches '${source.path}'.`,
    where: target,
    hint:
      near.length > 0
        ? `In ${folder} there are: ${shown}.`
        : `The nearest folder that exists, ${folder}, has no files.`,
  });
}
