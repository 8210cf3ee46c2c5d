import type { Source } from '@millrace/shared/core/pipeline';
import { describe, expect, it } from 'vitest';

import { filePartitions, PARTITION_BYTES, sliceBytes } from './group-slices.ts';

const source = { name: 'events', tables: [{ name: 'events' }] } as unknown as Source;

/** Names of the files of each partition, for a folder with a file of 1 MB for each of these days. */
function partitionsOf(days: readonly number[]): string[] {
  const files = days.map((day) => `events-${String(day).padStart(4, '0')}.json`);
  const slices = files.map((file, input) => ({
    file,
    slice: { input, start: 0, end: null, firstLine: 1, firstRecord: 1 },
    bytes: 1024 * 1024,
  }));
  return filePartitions(source, slices).map(({ read }) =>
    read.kind === 'files' ? read.slices.map(({ input }) => files[input]).join() : '',
  );
}
const days = Array.from({ length: 1000 }, (_, day) => day);

describe('partitions of many files', () => {
  it('hold every file once, in order, and no more bytes than one may have', () => {
    const partitions = partitionsOf(days);
    expect(partitions.join()).toBe(days.map((day) => `events-${String(day).padStart(4, '0')}.json`).join());
    const most = Math.max(...partitions.map((files) => files.split(',').length));
    expect(most).toBeLessThanOrEqual(PARTITION_BYTES / (1024 * 1024));
    expect(partitions.length).toBeLessThan(days.length / 8);
  });

  it('stay as they were, all but a few, when the oldest file goes and a new one comes', () => {
    const before = new Set(partitionsOf(days));
    const others = partitionsOf([...days.slice(1), 1000]).filter((files) => !before.has(files));
    expect(others.length).toBeLessThanOrEqual(5);
  });
});

describe('slices of a large file', () => {
  it.each([1.01, 2, 2.01, 3, 6.6, 7, 100.5])(
    '%d partitions large are an even number, none too large',
    (size) => {
      const bytes = Math.ceil(size * PARTITION_BYTES);
      const slice = sliceBytes(bytes);
      expect(Math.ceil(bytes / slice) % 2).toBe(0);
      expect(slice).toBeLessThanOrEqual(PARTITION_BYTES);
      expect(slice * 2).toBeGreaterThan(PARTITION_BYTES);
    },
  );
});
