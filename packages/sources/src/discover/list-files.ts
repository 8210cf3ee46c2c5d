import { stat } from 'node:fs/promises';
import path from 'node:path';

import { fail } from '@millrace/shared/core/errors';
import type { Source } from '@millrace/shared/core/pipeline';
import { resolvePath } from '@millrace/shared/core/resolve-path';
import { glob, isDynamicPattern } from 'tinyglobby';

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
 * type, not deeper) or a glob. Throws `input_not_found` unless the source allows that there is none.
 */
export async function listFiles(source: Source, baseDir: string): Promise<string[]> {
  const target = resolvePath(baseDir, source.path);
  const found = await find(target, source);
  if (found.length === 0 && !source.allowEmpty) throw await notFound(source, target);
  return found.sort();
}

async function find(target: string, source: Source): Promise<string[]> {
  const kind = await kindOf(target);
  // A file whose name looks like a glob is still that file.
  if (kind === 'file') return [target];
  if (kind === 'folder') {
    const endings = EXTENSIONS[source.type].flatMap((extension) =>
      COMPRESSED.map((suffix) => `*.${extension}${suffix}`),
    );
    return search(endings, target);
  }
  if (!isDynamicPattern(target)) return [];
  return search([path.relative(globRoot(target), target)], globRoot(target));
}

function search(patterns: string[], cwd: string): Promise<string[]> {
  return glob(patterns, { cwd, absolute: true, onlyFiles: true, dot: false, expandDirectories: false });
}

/** The deepest folder of a pattern that has no special characters. */
function globRoot(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => isDynamicPattern(part));
  return parts.slice(0, first).join('/') || '/';
}

async function kindOf(target: string): Promise<'file' | 'folder' | 'none'> {
  try {
    return (await stat(target)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'none';
  }
}

async function notFound(source: Source, target: string): Promise<Error> {
  let folder = isDynamicPattern(target) ? globRoot(target) : target;
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
