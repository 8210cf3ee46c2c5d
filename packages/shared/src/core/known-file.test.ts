import { describe, expect, it } from 'vitest';

import { makePlan } from '../testing/make-plan.ts';
import { DOUBTFUL_MS, filesOf, knownContent, type KnownFile } from './known-file.ts';

const CHANGED = Date.parse('2026-11-22T06:00:00.000Z');
const facts = { sizeBytes: 10, modifiedMs: CHANGED - 5000.25, changedMs: CHANGED, inode: '7' };
const hashedAfter = (ms: number): Map<string, KnownFile> =>
  new Map([
    [
      '/a.json',
      {
        ...facts,
        path: '/a.json',
        sha256: 'a'.repeat(64),
        hashedAt: new Date(CHANGED + ms).toISOString(),
        compression: 'none',
        layout: { kind: 'json', shape: 'lines' },
        cuts: [],
        ranges: {},
      },
    ],
  ]);

describe('what is known of a file', () => {
  it('holds for the same file, hashed long enough after it changed', () => {
    expect(knownContent(hashedAfter(DOUBTFUL_MS), '/a.json', facts)?.sha256).toBe('a'.repeat(64));
  });

  it('is in doubt when the file changed shortly before it was hashed', () => {
    expect(knownContent(hashedAfter(DOUBTFUL_MS - 1), '/a.json', facts)).toBeNull();
  });

  it('is in doubt when a time of the file lies in the future', () => {
    const modifiedMs = CHANGED + 10 * DOUBTFUL_MS;
    const known = hashedAfter(DOUBTFUL_MS);
    const file = known.get('/a.json');
    if (file !== undefined) known.set('/a.json', { ...file, modifiedMs });
    expect(knownContent(known, '/a.json', { ...facts, modifiedMs })).toBeNull();
  });

  it.each([
    ['size', { sizeBytes: 11 }],
    ['time of modification', { modifiedMs: facts.modifiedMs + 1 / 1024 }],
    ['time of change, with the time of modification set back', { changedMs: CHANGED + 1 / 1024 }],
    ['inode', { inode: '8' }],
  ])('does not hold for a file of another %s', (_, changes) => {
    expect(knownContent(hashedAfter(DOUBTFUL_MS), '/a.json', { ...facts, ...changes })).toBeNull();
  });

  it('does not hold for another file', () => {
    expect(knownContent(hashedAfter(DOUBTFUL_MS), '/b.json', facts)).toBeNull();
  });
});

describe('the files of a plan', () => {
  it('are those of the source, with their cuts from all tasks in order', () => {
    const plan = makePlan();
    const cut = (start: number, end: number | null) => ({
      start,
      end,
      firstLine: start + 1,
      firstRecord: start + 1,
    });
    const task = (slices: readonly object[]) => ({
      ...plan.tasks[0],
      read: { kind: 'files', slices },
    });
    const tasks = [
      task([{ input: 0, ...cut(0, 4) }]),
      task([
        { input: 0, ...cut(4, null) },
        { input: 1, ...cut(0, null) },
      ]),
      ...plan.tasks.slice(2),
    ] as typeof plan.tasks;
    expect(filesOf({ ...plan, tasks }, 'orders').map(({ path, cuts }) => [path, cuts])).toEqual([
      ['/data/orders-1.json', [cut(0, 4), cut(4, null)]],
      ['/data/orders-2.json', [cut(0, null)]],
    ]);
  });
});
