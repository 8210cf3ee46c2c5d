import type { Partition } from '@millrace/shared/core/build-tasks';
import type { Source } from '@millrace/shared/core/pipeline';
import type { FileSlice } from '@millrace/shared/core/task';

/** A slice with the work it stands for, in bytes as they are on disk. */
export interface WeighedSlice {
  readonly slice: FileSlice;
  readonly bytes: number;
}

/**
 * Bytes of a source that one task reads. Small enough that two extractors share a file of 100 MB, large enough that
 * the cost of a task (a few milliseconds) does not show.
 */
export const PARTITION_BYTES = 32 * 1024 * 1024;

/** Puts consecutive slices together until a partition is full: a hundred thousand small files are not as many tasks. */
function groupSlices(slices: readonly WeighedSlice[], targetBytes: number = PARTITION_BYTES): FileSlice[][] {
  const groups: FileSlice[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const { slice, bytes } of slices) {
    if (filled + bytes > targetBytes) {
      groups.push([]);
      filled = 0;
    }
    groups.at(-1)?.push(slice);
    filled += bytes;
  }
  return groups;
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
