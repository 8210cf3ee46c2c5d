import type { Manifest } from '@millrace/shared/core/manifest';
import type { Plan } from '@millrace/shared/core/plan';
import { expect, test } from 'vitest';

import { failedRun, inputRecords, publishedRun, runFacts } from './run-facts.ts';

const input = (path: string) => ({
  source: 'orders',
  path,
  sizeBytes: 9,
  modifiedMs: 1_795_000_000_123.75,
  sha256: 'a',
});
const plan = {
  run: 'r1',
  pipeline: 'shop',
  plannedAt: '2026-11-22T06:00:01.000Z',
  codeVersion: '0.1.0',
  bundle: 'b',
  inputs: [input('/one'), input('/two')],
} as unknown as Plan;
const request = { trigger: 'demo', requestedAt: '2026-11-22T06:00:00.000Z' } as never;
const manifest = (files: readonly [number, number, number, number][]) =>
  ({
    extracted: {
      files: files.map(([index, seen, accepted, rejected]) => ({
        input: index,
        seen,
        accepted,
        rejected,
        blank: 0,
      })),
    },
  }) as unknown as Manifest;

test('a file read in two tasks is one input with the sum of their counts', () => {
  const records = inputRecords(plan, [
    manifest([[0, 5, 4, 1]]),
    manifest([
      [0, 3, 1, 2],
      [1, 0, 0, 0],
    ]),
  ]);
  expect(
    records.map(({ path, recordsSeen, recordsAccepted, recordsRejected }) => [
      path,
      recordsSeen,
      recordsAccepted,
      recordsRejected,
    ]),
  ).toEqual([
    ['/one', 8, 5, 3],
    ['/two', 0, 0, 0],
  ]);
  expect(runFacts(plan, request, records, 3)).toMatchObject({
    recordsSeen: 8,
    recordsRejected: 3,
    trigger: 'demo',
    retries: 2,
  });
});

test('a file that no task has counted has no counts', () => {
  expect(inputRecords(plan, [manifest([[0, 5, 5, 0]])])[1]).toMatchObject({
    path: '/two',
    recordsSeen: null,
  });
});

test('a run lasts from its request to its end', () => {
  const facts = runFacts(plan, request, [], 1);
  expect(publishedRun(facts, '2026-11-22T06:00:02.500Z', 7)).toMatchObject({
    status: 'published',
    startedAt: '2026-11-22T06:00:01.000Z',
    durationMs: 2500,
    rowsLoaded: 7,
    error: null,
  });
  const failure = {
    failedAt: '2026-11-22T06:00:03.000Z',
    error: { code: 'reject_limit', message: 'Too many.', where: null, hint: 'x' },
  };
  expect(failedRun(facts, failure as never)).toMatchObject({
    status: 'failed',
    durationMs: 3000,
    rowsLoaded: 0,
    error: { code: 'reject_limit', message: 'Too many.' },
  });
});
