import { describe, expect, it } from 'vitest';

import { makePlan } from '../testing/make-plan.ts';
import type { RunFailure } from './run.ts';
import { runStatus } from './status.ts';

const plan = makePlan();
const all = plan.tasks.map((task) => task.id);
const failure: RunFailure = {
  v: 1,
  run: plan.run,
  task: null,
  error: { code: 'reject_limit', message: 'too many', where: null, hint: null },
  attempts: 1,
  worker: 'w',
  failedAt: '2026-11-22T06:00:00.000Z',
};

describe('runStatus', () => {
  it.each([
    [0, 'planned'],
    [1, 'extracting'],
    [2, 'extracting'],
    [3, 'transforming'],
    [4, 'transforming'],
    [5, 'loading'],
    [6, 'published'],
  ])('with %i of 6 tasks done is %s', (count, status) => {
    expect(runStatus(plan, new Set(all.slice(0, count)), null)).toBe(status);
  });

  it('is requested before there is a plan', () => {
    expect(runStatus(null, new Set(), null)).toBe('requested');
  });

  it('is failed when the plan could not be made, and when a task failed', () => {
    expect(runStatus(null, new Set(), failure)).toBe('failed');
    expect(runStatus(plan, new Set(all.slice(0, 4)), failure)).toBe('failed');
  });

  it('stays published when a late zombie reports a failure', () => {
    expect(runStatus(plan, new Set(all), failure)).toBe('published');
  });
});
