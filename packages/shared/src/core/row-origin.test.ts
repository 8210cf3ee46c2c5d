import { describe, expect, test } from 'vitest';

import { makeManifest, makePlan } from '../testing/make-plan.ts';
import type { Extracted, FileCounts } from './manifest.ts';
import { recordFinder, recordRanges } from './row-origin.ts';
import type { ExtractTask, FileSlice, ReadScope } from './task.ts';

const plan = makePlan();

function taskOf(read: ReadScope): ExtractTask {
  const id = 'extract-orders-00001';
  return {
    kind: 'extract',
    id,
    source: 'orders',
    tables: ['orders'],
    read,
    fingerprint: null,
    reuse: null,
    dependsOn: [],
  };
}

function slice(input: number, firstRecord: number): FileSlice {
  return { input, start: 0, end: null, firstLine: 1, firstRecord };
}

function manifestOf(...files: Pick<FileCounts, 'input' | 'accepted' | 'rejected' | 'numbers'>[]) {
  const rejects = { records: 0, byReason: {}, batches: [] };
  const counts = files.map((file) => ({ ...file, seen: file.accepted + file.rejected, blank: 0 }));
  const extracted: Extracted = { files: counts, rejects, fingerprint: null, reused: null };
  return makeManifest(plan, 'extract-orders-00001', { extracted });
}

const numbersOf = (find: ReturnType<typeof recordFinder>, rows: number) =>
  Array.from({ length: rows }, (_, row) => find(row)?.recordNumber ?? null);

describe('the record of a row', () => {
  test('is counted past rejected ones, over the files of a task', () => {
    const task = taskOf({ kind: 'files', slices: [slice(0, 5), slice(1, 1)] });
    const manifest = manifestOf(
      { input: 0, accepted: 3, rejected: 3 },
      { input: 1, accepted: 2, rejected: 1 },
    );
    const rejected = [
      { file: 'orders-2.json', recordNumber: 2 },
      ...[10, 5, 7].map((recordNumber) => ({ file: 'orders-1.json', recordNumber })),
    ];
    const find = recordFinder(plan, task, manifest, rejected);
    expect(numbersOf(find, 6)).toEqual([6, 8, 9, 1, 3, null]);
    expect([find(2)?.file, find(3)?.file]).toEqual(['orders-1.json', 'orders-2.json']);
    expect(recordRanges(plan, task, manifest)).toEqual([
      { file: 'orders-1.json', first: 5, last: 10, records: 6, hasManyGaps: false },
      { file: 'orders-2.json', first: 1, last: 3, records: 3, hasManyGaps: false },
    ]);
  });

  test('goes on from slice to slice of one file', () => {
    const task = taskOf({ kind: 'files', slices: [slice(0, 1), slice(0, 3)] });
    expect(
      numbersOf(recordFinder(plan, task, manifestOf({ input: 0, accepted: 4, rejected: 0 }), []), 4),
    ).toEqual([1, 2, 3, 4]);
  });

  test('is not told where rejects are missing: the file is', () => {
    const task = taskOf({ kind: 'files', slices: [slice(0, 1)] });
    const find = recordFinder(plan, task, manifestOf({ input: 0, accepted: 2, rejected: 2 }), [
      { file: 'orders-1.json', recordNumber: 1 },
    ]);
    expect(find(0)).toEqual({ file: 'orders-1.json', recordNumber: null });
  });

  test('of a task that was taken over is found also if its one file was called otherwise', () => {
    const task = taskOf({ kind: 'files', slices: [slice(0, 1)] });
    const find = recordFinder(plan, task, manifestOf({ input: 0, accepted: 2, rejected: 1 }), [
      { file: 'before.json', recordNumber: 1 },
    ]);
    expect(numbersOf(find, 2)).toEqual([2, 3]);
  });

  test.each([
    ['without gaps is counted', { from: 11, to: 14 }, [11, 13]],
    ['with gaps is not told', { from: 11, to: 20 }, [null, null]],
    ['of an unknown range is not told', null, [null, null]],
  ] as const)('by rowid %s', (_, range, expected) => {
    const task = taskOf({ kind: 'relation', input: 0, range, cursor: null });
    const find = recordFinder(plan, task, manifestOf({ input: 0, accepted: 2, rejected: 2 }), [
      { file: 'orders-1.json', recordNumber: 12 },
      { file: 'orders-1.json', recordNumber: 14 },
    ]);
    expect(numbersOf(find, 2)).toEqual(expected);
    expect(find(0)?.file).toBe('orders-1.json');
  });

  test('by rowid with gaps is the one that the task has kept', () => {
    const task = taskOf({ kind: 'relation', input: 0, range: null, cursor: null });
    const numbers = [
      [-3, 1],
      [11, 2],
      [40, 1],
    ] as const;
    const manifest = manifestOf({ input: 0, accepted: 4, rejected: 2, numbers });
    expect(numbersOf(recordFinder(plan, task, manifest, []), 4)).toEqual([-3, 11, 12, 40]);
    expect(recordRanges(plan, task, manifest)).toEqual([
      { file: 'orders-1.json', first: -3, last: 40, records: 6, hasManyGaps: false },
    ]);
  });

  test('by rowid with more gaps than are kept is not told, and the range says so', () => {
    const task = taskOf({ kind: 'relation', input: 0, range: { from: 1, to: 90 }, cursor: null });
    const manifest = manifestOf({ input: 0, accepted: 6, rejected: 0 });
    expect(recordRanges(plan, task, manifest)).toEqual([
      { file: 'orders-1.json', first: null, last: null, records: 6, hasManyGaps: true },
    ]);
  });

  test('of a replay is not known', () => {
    expect(recordFinder(plan, taskOf({ kind: 'rejects', parts: [] }), manifestOf(), [])(0)).toBeNull();
  });
});
