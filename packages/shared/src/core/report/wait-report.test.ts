import { expect, test } from 'vitest';

import { makeManifest, makePlan, makeRequest } from '../../testing/make-plan.ts';

import type { RunView } from './run-view.ts';
import { reportWaiting, type HeldUpTask } from './wait-report.ts';

const plan = makePlan();
const [first = '', second = ''] = plan.tasks.map((task) => task.id);
const run: RunView = {
  request: makeRequest(plan),
  plan,
  manifests: new Map(),
  failure: null,
  decision: null,
  round: 1,
  pruned: [],
  status: 'extracting',
};
const held = (task: string, second: number): HeldUpTask => ({
  task,
  message: 'the disk is full',
  at: `2026-11-22T06:00:0${second}.000Z`,
});
const report = (changes: Partial<RunView>, heldUp: readonly HeldUpTask[], startedAt?: string) => {
  const inFlight = startedAt === undefined ? [] : [{ task: first, startedAt }];
  return reportWaiting({ ...run, ...changes }, null, { inFlight, heldUp });
};

test('a task that is held up is named with its reason, the newest of several', () => {
  expect(report({}, [])).toBeNull();
  expect(report({}, [held(first, 1), held(second, 2), held(first, 0)])).toEqual({
    reason: 'task_held_up',
    message: `task '${second}' (and 1 more): the disk is full`,
  });
  expect(report({ plan: null }, [held('plan', 1)])?.message).toBe("task 'plan': the disk is full");
});

test('what a run has to wait for comes first', () => {
  const wait = { reason: 'disk_space', freeBytes: 1, leastBytes: 2 } as const;
  const heldUp = [held(first, 1)];
  expect(reportWaiting(run, wait, { inFlight: [], heldUp })?.reason).toBe('disk_space');
});

test('a task that was done or begun since is not held up, nor is one of an ended run', () => {
  expect(report({ manifests: new Map([[first, makeManifest(plan, first)]]) }, [held(first, 1)])).toBeNull();
  expect(report({}, [held('plan', 1)])).toBeNull();
  expect(report({ status: 'failed' }, [held(first, 1)])).toBeNull();
  expect(report({}, [held(first, 1)], '2026-11-22T06:00:02.000Z')).toBeNull();
  // It was begun before: that is the try that is blocked.
  expect(report({}, [held(first, 1)], '2026-11-22T06:00:00.000Z')).not.toBeNull();
});
