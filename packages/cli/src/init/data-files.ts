import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { fail } from '@millrace/shared/core/errors';
import type { SourceType } from '@millrace/shared/core/pipeline';

/** Files that belong together: one, or several whose names differ only in numbers. */
export interface FileGroup {
  readonly type: SourceType;
  /** Absolute: the file, or a glob for all of them and those to come. */
  readonly path: string;
  readonly files: readonly string[];
}

const TYPES: readonly (readonly [ending: RegExp, type: SourceType])[] = [
  [/\.(json|jsonl|ndjson|geojson)$/i, 'json'],
  [/\.(csv|tsv|txt)$/i, 'csv'],
  [/\.(db|sqlite|sqlite3)$/i, 'sqlite'],
  [/\.parquet$/i, 'parquet'],
];
const COMPRESSED = /\.(gz|zst)$/i;

/** Name of a data file without folder, endings and numbers: what it is about. */
export function subjectOf(file: string): string {
  let name = path.basename(file).replace(COMPRESSED, '');
  for (const [ending] of TYPES) name = name.replace(ending, '');
  return name;
}

/**
 * The data files that a person gave, folders replaced by the data files in them, in groups.
 * @throws `usage` for a file that is not there or of no known type
 */
export async function groupDataFiles(given: readonly string[]): Promise<FileGroup[]> {
  const found: { file: string; type: SourceType }[] = [];
  for (const name of given) found.push(...(await lookAt(path.resolve(name), name)));
  const groups = new Map<string, { type: SourceType; pattern: string; files: string[] }>();
  for (const { file, type } of found) {
    const pattern = path.join(path.dirname(file), path.basename(file).replace(/\d+/g, '*'));
    const group = groups.get(pattern) ?? { type, pattern, files: [] };
    if (!group.files.includes(file)) group.files.push(file);
    groups.set(pattern, group);
  }
  return [...groups.values()].map(({ type, pattern, files }) => ({
    type,
    path: files.length === 1 ? (files[0] ?? pattern) : pattern,
    files,
  }));
}

async function lookAt(file: string, given: string): Promise<{ file: string; type: SourceType }[]> {
  const info = await stat(file).catch(() => null);
  if (info === null) {
    throw fail('input_not_found', {
      message: `There is no file '${given}'.`,
      where: file,
      hint: 'Check the path.',
    });
  }
  if (!info.isDirectory()) return [{ file, type: typeOfName(file) ?? (await typeOfContent(file, given)) }];
  const inside = (await readdir(file)).sort().flatMap((name) => {
    const type = typeOfName(name);
    return type === null ? [] : [{ file: path.join(file, name), type }];
  });
  if (inside.length > 0) return inside;
  throw fail('input_not_found', {
    message: `The folder '${given}' has no data files.`,
    where: file,
    hint: 'It is searched for .json, .ndjson, .csv, .sqlite, .db and .parquet, plain or .gz or .zst.',
  });
}

function typeOfName(name: string): SourceType | null {
  const plain = name.replace(COMPRESSED, '');
  return TYPES.find(([ending]) => ending.test(plain))?.[1] ?? null;
}

async function typeOfContent(file: string, given: string): Promise<SourceType> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    const start = buffer.subarray(0, bytesRead).toString('latin1');
    if (start.startsWith('SQLite format 3\0')) return 'sqlite';
    if (start.startsWith('PAR1')) return 'parquet';
    if (/^(\xef\xbb\xbf)?\s*[[{]/.test(start)) return 'json';
  } finally {
    await handle.close();
  }
  throw fail('usage', {
    message: `'${given}' is of no known type.`,
    where: file,
    hint: 'Its name should end in .json, .ndjson, .csv, .tsv, .sqlite, .db or .parquet (plain, .gz or .zst).',
  });
}
