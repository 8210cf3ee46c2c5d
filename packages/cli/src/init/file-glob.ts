import path from 'node:path';

import type { FoundFile } from './data-files.ts';

/** The name with its numbers left open: files of one pattern are parts of one export until their content says otherwise. */
export function namePattern({ path: file, root }: FoundFile): string {
  return path.join(root, escapeGlob(path.relative(root, file)).replace(/\d+/g, '*'));
}

/** A glob that names these files and none of the others; null when there is none so simple. */
export function globFor(files: readonly FoundFile[], all: readonly FoundFile[]): string | null {
  const wanted = new Set(files.map((file) => file.path));
  const candidates = [...new Set(files.map(namePattern)), aroundCommonName([...wanted])];
  const found = candidates.find((glob) => {
    if (glob === null) return false;
    const matches = matcher(glob);
    return all.every(({ path: file }) => matches(file) === wanted.has(file));
  });
  return found ?? null;
}

/** What all names begin and end with, and a star between. */
function aroundCommonName(files: readonly string[]): string | null {
  const folders = new Set(files.map((file) => path.dirname(file)));
  const [folder] = folders;
  if (folders.size !== 1 || folder === undefined) return null;
  const names = files.map((file) => path.basename(file));
  const first = names[0] ?? '';
  const shortest = Math.min(...names.map((name) => name.length));
  let before = 0;
  while (before < shortest && names.every((name) => name[before] === first[before])) before += 1;
  let after = 0;
  while (after < shortest - before && names.every((name) => name.at(-1 - after) === first.at(-1 - after)))
    after += 1;
  // Not within a word: `s*h.csv` for south and smith would be a riddle.
  const splitsBefore = names.some((name) => /\p{L}/u.test(name.charAt(before)));
  const splitsAfter = names.some((name) => /\p{L}/u.test(name.charAt(name.length - after - 1)));
  const start = splitsBefore ? first.slice(0, before).replace(/\p{L}+$/u, '') : first.slice(0, before);
  const shared = first.slice(first.length - after);
  const end = splitsAfter ? shared.replace(/^\p{L}+/u, '') : shared;
  return path.join(folder, `${escapeGlob(start)}*${escapeGlob(end)}`);
}

/** Characters that mean something in a glob: any one character stands for them, which needs no escape. */
function escapeGlob(name: string): string {
  return name.replace(/[[\]{}()!@+*?\\|^$]/g, '?');
}

/** Of the globs made here: `*` and `?` within names. */
function matcher(glob: string): (file: string) => boolean {
  const pattern = glob
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\\*', '[^/]*')
    .replaceAll('\\?', '[^/]');
  const expression = new RegExp(`^${pattern}$`, 'su');
  return (file) => expression.test(file);
}
