import path from 'node:path';

import type { Encoding } from '@millrace/shared/core/decoding';
import type { SourceType } from '@millrace/shared/core/pipeline';
import type { FileLook } from '@millrace/sources/infer/examine-file';

import type { FoundFile } from './data-files.ts';
import { globFor, namePattern } from './file-glob.ts';

/** Files that belong together: one, or several of the same shape that a glob can name. */
export interface FileGroup {
  readonly type: SourceType;
  /** Absolute: the file, or a glob for all of them and those to come. */
  readonly path: string;
  readonly files: readonly string[];
  readonly encoding: Encoding | null;
  /** Names of the first file's fields, as far as they are known. */
  readonly fields: readonly string[];
  /** What it is about, for names: that of the files without endings and numbers, or of their folder. */
  readonly subject: string;
}

export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

type Data = Extract<FileLook, { type: SourceType }>;
interface ExaminedFile extends FoundFile {
  readonly look: Data;
}

/** Files of one pattern that are looked into; where these are alike, the others are taken to be. */
const MOST_EXAMINED = 20;
/** Fields that records must share to be of one shape: of all that there are in both. */
const ALIKE = 0.5;
/** Files of other names belong together only when they have the very same columns, and not too few of them. */
const TELLING_FIELDS = 4;

/** Groups files by their names and what is in them; `examine` looks into one. */
export async function groupFiles(
  files: readonly FoundFile[],
  examine: (file: string) => Promise<FileLook>,
): Promise<{ groups: FileGroup[]; leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = [];
  const clusters: ExaminedFile[][] = [];
  for (const alike of byPattern(files)) {
    const examined = new Map<FoundFile, FileLook>();
    for (const file of spread(alike, MOST_EXAMINED)) examined.set(file, await examine(file.path));
    const known = [...examined.values()].find((look): look is Data => look.type !== null);
    const data: ExaminedFile[] = [];
    for (const file of alike) {
      const look = examined.get(file) ?? known;
      if (look === undefined || look.type === null) {
        leftOut.push({ path: file.path, reason: look?.reason ?? 'it is not data' });
      } else data.push({ ...file, look });
    }
    clusters.push(...splitByShape(data));
  }
  const groups = joinByColumns(clusters).flatMap((cluster) => toGroups(cluster, files));
  return { groups, leftOut };
}

/** In the order in which they were given. */
function byPattern(files: readonly FoundFile[]): FoundFile[][] {
  const patterns = new Map<string, FoundFile[]>();
  for (const file of files) {
    const pattern = namePattern(file);
    patterns.set(pattern, [...(patterns.get(pattern) ?? []), file]);
  }
  return [...patterns.values()];
}

function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return Array.from(
    { length: Math.min(items.length, most) },
    (_, index) => items[Math.floor(index * step)] as T,
  );
}

function splitByShape(files: readonly ExaminedFile[]): ExaminedFile[][] {
  const clusters: ExaminedFile[][] = [];
  for (const file of files) {
    const cluster = clusters.find(([first]) => first !== undefined && areAlike(first.look, file.look, ALIKE));
    if (cluster === undefined) clusters.push([file]);
    else cluster.push(file);
  }
  return clusters;
}

function areAlike(one: Data, other: Data, share: number): boolean {
  if (one.type !== other.type || one.encoding !== other.encoding) return false;
  const fields = new Set([...one.fields, ...other.fields]);
  const common = one.fields.filter((field) => other.fields.includes(field)).length;
  return fields.size === 0 ? one.type !== 'sqlite' : common >= fields.size * share;
}

/** `north.csv` and `south.csv` with the same columns are one source. */
function joinByColumns(clusters: readonly (readonly ExaminedFile[])[]): ExaminedFile[][] {
  const joined: ExaminedFile[][] = [];
  for (const cluster of clusters) {
    const [file] = cluster;
    const home = joined.find(
      ([first]) => first !== undefined && file !== undefined && belongTogether(first, file),
    );
    if (home === undefined) joined.push([...cluster]);
    else home.push(...cluster);
  }
  return joined;
}

function belongTogether(one: ExaminedFile, other: ExaminedFile): boolean {
  return (
    path.dirname(one.path) === path.dirname(other.path) &&
    endingOf(one.path) === endingOf(other.path) &&
    one.look.fields.length >= TELLING_FIELDS &&
    areAlike(one.look, other.look, 1)
  );
}

/** Without the number of a log that was rotated. */
function endingOf(file: string): string {
  return /(\.[A-Za-z0-9]+)(\.(gz|zst))?$/.exec(file.replace(/\.\d+(?=$|\.)/, ''))?.[0] ?? '';
}

/** One group where a glob names these files and no other of those that were found; else each file is its own. */
function toGroups(cluster: readonly ExaminedFile[], all: readonly FoundFile[]): FileGroup[] {
  const [first] = cluster;
  if (first === undefined) return [];
  const { type, encoding, fields } = first.look;
  const files = cluster.map((file) => file.path);
  const glob = files.length === 1 ? first.path : globFor(cluster, all);
  if (glob !== null) return [{ type, path: glob, files, encoding, fields, subject: subjectOf(glob) }];
  return cluster.map(({ path: file, look }) => ({
    ...look,
    path: file,
    files: [file],
    subject: subjectOf(file),
  }));
}

/** Name of a data file without endings, or that of its folder where its own says nothing. */
export function subjectOf(file: string): string {
  const name = path
    .basename(file)
    .replace(/[*?.]+$/, '')
    .replace(/\.(gz|zst)$/i, '');
  const plain = name.replace(/\.[A-Za-z][A-Za-z0-9]*$/, '').replace(/[-_]0\d*$/, '');
  const says =
    /\p{L}{2}/u.test(plain) && !/^(data|export|part|file|page|chunk|batch|output)[^\p{L}]*$/iu.test(plain);
  const parent = path.basename(path.dirname(file));
  return says || !/\p{L}/u.test(parent) ? plain : parent;
}
