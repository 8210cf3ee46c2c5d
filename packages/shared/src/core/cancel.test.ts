import { describe, expect, it } from 'vitest';

import { requireCancellable, runCancelled } from './cancel.ts';
import type { RunDecision } from './decision.ts';

const RUN = '20261122T060000-0a1b2c3d';
const decided = (decision: RunDecision['decision']): RunDecision => ({
  v: 1,
  run: RUN,
  decision,
  by: 'load-1',
  decidedAt: '2026-11-22T06:00:05.000Z',
});

describe('a run', () => {
  it.each(['requested', 'planned', 'extracting', 'transforming', 'loading'] as const)(
    'that is %s can be cancelled until a load has decided to publish it',
    (status) => {
      expect(() => requireCancellable(RUN, status, null)).not.toThrow();
      expect(() => requireCancellable(RUN, status, decided('publish'))).toThrow(
        'is being published, since 2026-11-22T06:00:05.000Z by load-1',
      );
    },
  );

  it('that was cancelled may be cancelled again', () => {
    expect(() => requireCancellable(RUN, 'cancelled', decided('cancel'))).not.toThrow();
  });

  it('that has ended otherwise cannot be cancelled, and is told why', () => {
    expect(() => requireCancellable(RUN, 'published', decided('publish'))).toThrow(`Run ${RUN} is published`);
    expect(() => requireCancellable(RUN, 'failed', null)).toThrow('has failed, and nobody works on it');
    expect(() => requireCancellable(RUN, 'failed', decided('publish'))).toThrow('has failed');
  });
});

it('the error of a cancelled run says when and by whom, and gives the exit code of an interruption', () => {
  const error = runCancelled(decided('cancel'));
  expect(error).toMatchObject({ code: 'run_cancelled', exitCode: 130 });
  expect(error.message).toContain('2026-11-22T06:00:05.000Z by load-1');
});
