import {
  lstat,
  readdir,
  realpath,
  stat,
  type Dirent,
  type NoParamCallback,
  type PathLike,
  type Stats,
} from 'node:fs';

import { fail } from '@millrace/shared/core/errors';
import { glob, type GlobOptions } from 'tinyglobby';

/**
 * The files of a folder that match, absolute. What stands where a file is looked for is listed whatever it is (a named
 * pipe, a link to nowhere), so that whoever opens it says what is wrong with it and nothing is left out in silence.
 *
 * @param within real path that no link to a folder may lead out of; null: links may lead anywhere
 * @throws MillraceError `path_outside_root` for such a link, `source_unavailable` for a folder that cannot be listed
 */
export async function searchFolder(
  patterns: string[],
  folder: string,
  within: string | null,
): Promise<string[]> {
  const faults: Error[] = [];
  const files = await glob(patterns, {
    cwd: folder,
    absolute: true,
    onlyFiles: true,
    dot: false,
    expandDirectories: false,
    fs: watchedFiles(folder, within, faults),
  });
  const [fault] = faults;
  if (fault !== undefined) throw fault;
  return files;
}

/** Whether a real path is a folder or below it. */
export function isWithin(folder: string, target: string): boolean {
  return target === folder || target.startsWith(folder === '/' ? '/' : `${folder}/`);
}

export function leadsOutside(link: string, target: string, root: string): Error {
  return fail('path_outside_root', {
    message: `A link leads out of ${root}, to ${target}.`,
    where: link,
    hint: 'If that is meant, set follow_symlinks: true for the source, or name the file itself in its path.',
  });
}

/** The file system as the search sees it; the search itself passes over what it cannot read without a word. */
function watchedFiles(
  folder: string,
  within: string | null,
  faults: Error[],
): NonNullable<GlobOptions['fs']> {
  const hooks = {
    readdir(crawled: string, _options: unknown, done: (error: null, entries: Dirent[]) => void) {
      const target = crawled.length > 1 && crawled.endsWith('/') ? crawled.slice(0, -1) : crawled;
      // A folder behind a link is crawled under its real path.
      if (within !== null && !isWithin(folder, target) && !isWithin(within, target)) {
        faults.push(leadsOutside(folder, target, within));
        done(null, []);
        return;
      }
      readdir(target, { withFileTypes: true }, (error, entries) => {
        if (error !== null && error.code !== 'ENOENT' && error.code !== 'ENOTDIR') {
          faults.push(unlistable(target, error));
        }
        done(null, error === null ? entries.map(asFileUnlessFolder) : []);
      });
    },
    realpath(link: string, done: (error: Error | null, target: string) => void) {
      realpath(link, (error, target) => done(null, error === null ? target : link));
    },
    stat(file: PathLike, done: (error: Error | null, facts: Stats) => void) {
      stat(file, (error, facts) => (error === null ? done(null, facts) : lstat(file, done)));
    },
  };
  return hooks as unknown as NonNullable<GlobOptions['fs']>;
}

/** A pipe, socket or device: the search would leave it out. */
function asFileUnlessFolder(entry: Dirent): Dirent {
  if (!entry.isDirectory() && !entry.isSymbolicLink()) entry.isFile = () => true;
  return entry;
}

function unlistable(folder: string, error: Parameters<NoParamCallback>[0]): Error {
  return fail('source_unavailable', {
    message: `The folder cannot be listed: ${error?.message ?? 'unknown error'}.`,
    where: folder,
    hint: 'Check that the workers may read it.',
    cause: error,
  });
}
