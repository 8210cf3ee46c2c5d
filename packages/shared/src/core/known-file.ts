import { canonicalJson } from './canonical-json.ts';
import { READER_VERSION } from './describe-extract.ts';
import type { Plan, PlannedInput, PlannedSource, StagedTable } from './plan.ts';
import type { ExtractTask, FileSlice, RowidRange } from './task.ts';

/** What can be seen of a file without reading it. Times in milliseconds since the epoch, with fraction. */
export interface FileFacts {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly changedMs: number;
  readonly inode: string;
}

/** Whole records of a file that one task reads. */
export type FileCut = Omit<FileSlice, 'input'>;

/** What a planning found out about a file by reading the whole of it. */
export interface FileContent extends Pick<PlannedInput, 'sha256' | 'hashedAt' | 'compression' | 'layout'> {
  /** None of a file without content, and of a database. */
  readonly cuts: readonly FileCut[];
  /** Of a database: the ranges that a table is read by, under its `tableKey`; none where it is read as one. */
  readonly ranges: Readonly<Record<string, readonly RowidRange[]>>;
}

/** A file as an earlier planning found it. */
export interface KnownFile extends FileFacts, FileContent {
  /** Absolute. */
  readonly path: string;
}

/** What is known of the files of a source. */
export type KnownFiles = ReadonlyMap<string, KnownFile>;

/**
 * A file that was changed so shortly before it was hashed may have been changed again without its times telling:
 * clocks of file systems are coarse, servers have clocks of their own, and what is written through a memory map
 * gets its time when the system comes to it, half a minute later. Such a file is hashed once more.
 */
export const DOUBTFUL_MS = 60_000;

export function sameFacts(one: FileFacts, other: FileFacts): boolean {
  return (
    one.sizeBytes === other.sizeBytes &&
    one.modifiedMs === other.modifiedMs &&
    one.changedMs === other.changedMs &&
    one.inode === other.inode
  );
}

/** What is known of a file that looks like this now; null when it is another, or may be another: then it is read. */
export function knownContent(known: KnownFiles, path: string, now: FileFacts): FileContent | null {
  const file = known.get(path);
  if (file === undefined || !sameFacts(file, now)) return null;
  const settledAt = Math.max(now.modifiedMs, now.changedMs) + DOUBTFUL_MS;
  return settledAt <= Date.parse(file.hashedAt) ? file : null;
}

/** How the files of a source were looked at, as canonical text: with other options they have other layouts and cuts. */
export function describeSurvey(codeVersion: string, source: PlannedSource): string {
  return canonicalJson({ codeVersion, readerVersion: READER_VERSION, source });
}

/** Names what a staged table is read from: the same name may mean another relation tomorrow. */
export function tableKey({ name, relation }: Pick<StagedTable, 'name' | 'relation'>): string {
  return `${name}-${relation}`;
}

/** What a plan knows of the files of a source, for the planning of the next run. */
export function filesOf(plan: Pick<Plan, 'inputs' | 'tables' | 'tasks'>, source: string): KnownFile[] {
  const tasks = plan.tasks.filter((task) => task.kind === 'extract' && task.source === source);
  const parts = partsByInput(tasks as ExtractTask[], plan.tables);
  return plan.inputs.flatMap((input, index) => {
    if (input.source !== source) return [];
    const { path, sizeBytes, modifiedMs, changedMs, inode, sha256, hashedAt, compression, layout } = input;
    const facts = { path, sizeBytes, modifiedMs, changedMs, inode };
    const { cuts, ranges } = parts.get(index) ?? { cuts: [], ranges: {} };
    return [{ ...facts, sha256, hashedAt, compression, layout, cuts, ranges }];
  });
}

interface FileParts {
  readonly cuts: FileCut[];
  readonly ranges: Record<string, RowidRange[]>;
}

/** How the tasks of a source part its files. Not of queries and cursors, of which the next run may read other rows. */
function partsByInput(tasks: readonly ExtractTask[], tables: Plan['tables']): Map<number, FileParts> {
  const parts = new Map<number, FileParts>();
  const partsOf = (input: number): FileParts => {
    const found = parts.get(input) ?? { cuts: [], ranges: {} };
    parts.set(input, found);
    return found;
  };
  for (const {
    read,
    tables: [filled],
  } of tasks) {
    if (read.kind === 'files') for (const { input, ...cut } of read.slices) partsOf(input).cuts.push(cut);
    const table = tables.find(({ name }) => name === filled);
    if (read.kind !== 'relation' || read.cursor !== null || table === undefined || table.query !== null)
      continue;
    const ranges = (partsOf(read.input).ranges[tableKey(table)] ??= []);
    if (read.range !== null) ranges.push(read.range);
  }
  return parts;
}
