import { describe, expect, it } from 'vitest';

import { makePlan } from '../testing/make-plan.ts';
import type { RunFailure } from './run.ts';
import { runStatus } from './status.ts';

const plan = makePlan();
const all = plan.tasks.map((task) => task.id);
const failure: RunFailure = {
  v: 1,
  run: plan.run,
  round: 1,
  task: null,
  error: { code: 'reject_limit', message: 'too many', where: null, hint: null },
  attempts: 1,
  worker: 'w',
  failedAt: '2026-11-22T06:00:00.000Z',
};

const decision = (what: 'publish' | 'cancel') =>
  ({ v: 1, run: plan.run, decision: what, by: 'w', decidedAt: '2026-11-22T06:00:00.000Z' }) as const;

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
    expect(runStatus(plan, new Set(all.slice(0, count)), null, null)).toBe(status);
  });

  it('is requested before there is a plan', () => {
    expect(runStatus(null, new Set(), null, null)).toBe('requested');
  });

  it('is failed when the plan could not be made, and when a task failed', () => {
    expect(runStatus(null, new Set(), failure, null)).toBe('failed');
    expect(runStatus(plan, new Set(all.slice(0, 4)), failure, null)).toBe('failed');
  });

  it('is cancelled from the decision on, whatever fails then', () => {
    expect(runStatus(null, new Set(), null, decision('cancel'))).toBe('cancelled');
    expect(runStatus(plan, new Set(all.slice(0, 5)), null, decision('cancel'))).toBe('cancelled');
    expect(runStatus(plan, new Set(all.slice(0, 2)), failure, decision('cancel'))).toBe('cancelled');
  });

  it('goes on while a load has decided to publish, and fails when that fails', () => {
    expect(runStatus(plan, new Set(all.slice(0, 5)), null, decision('publish'))).toBe('loading');
    expect(runStatus(plan, new Set(all.slice(0, 5)), failure, decision('publish'))).toBe('failed');
    expect(runStatus(plan, new Set(all), null, decision('publish'))).toBe('published');
  });

  it('stays published when a late zombie reports a failure', () => {
    expect(runStatus(plan, new Set(all), failure, null)).toBe('published');
  });
});
