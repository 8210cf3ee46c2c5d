import { hash } from 'node:crypto';

import type { Partition } from '@millrace/shared/core/build-tasks';
import type { Source } from '@millrace/shared/core/pipeline';
import type { FileSlice } from '@millrace/shared/core/task';

/** A slice with the work it stands for, in bytes as they are on disk. */
export interface WeighedSlice {
  /** Name of its file. */
  readonly file: string;
  readonly slice: FileSlice;
  readonly bytes: number;
}

/**
 * Bytes of a source that one task reads. Small enough that two extractors share a file of 100 MB, large enough that
 * the cost of a task (a few milliseconds) does not show.
 */
export const PARTITION_BYTES = 32 * 1024 * 1024;

/**
 * The size of slices of a file that is larger than a partition: an even number of about equal ones, so that two
 * extractors that share it are done at the same time.
 */
export function sliceBytes(sizeBytes: number): number {
  const pairs = Math.ceil(sizeBytes / PARTITION_BYTES / 2);
  return Math.ceil(sizeBytes / (pairs * 2));
}

/**
 * Puts consecutive slices together until a partition is full: a hundred thousand small files are not as many tasks.
 * At some files, chosen by their names, a partition begins in any case. So where a file comes or goes, the partitions
 * of its neighbours change and those further on stay as they were, and need not be read again.
 */
function groupSlices(slices: readonly WeighedSlice[], targetBytes: number = PARTITION_BYTES): FileSlice[][] {
  const groups: FileSlice[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const { file, slice, bytes } of slices) {
    const isBeginning = slice.firstRecord === 1 && beginsPartition(file, (2 * bytes) / targetBytes);
    if (filled + bytes > targetBytes || isBeginning) {
      groups.push([]);
      filled = 0;
    }
    groups.at(-1)?.push(slice);
    filled += bytes;
  }
  return groups;
}

/** Whether the name is one of a share of all names, always the same ones. */
function beginsPartition(file: string, share: number): boolean {
  return Number.parseInt(hash('sha256', file).slice(0, 8), 16) < share * 2 ** 32;
}

/** The partitions of a source of which one read fills all tables. */
export function filePartitions(source: Source, slices: readonly WeighedSlice[]): Partition[] {
  return groupSlices(slices).map((group) => ({
    source: source.name,
    tables: source.tables.map((table) => table.name),
    table: null,
    read: { kind: 'files', slices: group },
  }));
}
