import { describe, expect, it } from 'vitest';

import type { ErrorCode } from './errors.ts';
import { requireRetryable, type RetriedRun } from './retry.ts';
import { RUN_STATUSES } from './status.ts';

const RUN = '20261122T060000-0a1b2c3d';

function failedWith(code: ErrorCode, changes: Partial<RetriedRun> = {}): RetriedRun {
  const error = { code, message: 'It did not work.', where: null, hint: null };
  const times = { attempts: 1, worker: 'w', failedAt: '2026-11-22T06:01:00.000Z' };
  const failure = { v: 1, run: RUN, round: 1, task: null, error, ...times } as const;
  return { run: RUN, pipeline: 'shop', status: 'failed', failure, planned: true, ...changes };
}

const refusalOf = (retried: RetriedRun) => expect(() => requireRetryable(retried, false));

describe('a retry of a run that has its plan', () => {
  it.each(['model_failed', 'reject_limit', 'watermark_moved'] as const)(
    'is refused after %s, which it would meet again, unless it is forced',
    (code) => {
      refusalOf(failedWith(code)).toThrow(`would fail again: ${code}, because it keeps the plan`);
      expect(requireRetryable(failedWith(code), true).error.code).toBe(code);
    },
  );

  it.each(['destination_unusable', 'destination_unavailable', 'out_of_memory', 'internal'] as const)(
    'may get beyond %s',
    (code) => {
      expect(requireRetryable(failedWith(code), false).error.code).toBe(code);
    },
  );
});

describe('a retry of a run that could not be planned', () => {
  it.each(['model_invalid', 'pipeline_invalid'] as const)('is refused after %s', (code) => {
    refusalOf(failedWith(code, { planned: false })).toThrow('because it keeps the pipeline that it has');
  });

  it.each(['input_not_found', 'file_format', 'schema_mismatch'] as const)(
    'may get beyond %s, because the sources are read anew',
    (code) => {
      expect(requireRetryable(failedWith(code, { planned: false }), false).error.code).toBe(code);
    },
  );
});

describe('a retry of a run that has not failed', () => {
  const unfailed = (status: RetriedRun['status']) => failedWith('internal', { status, failure: null });

  it.each(RUN_STATUSES.filter((status) => status !== 'failed'))('is refused: %s', (status) => {
    refusalOf(unfailed(status)).toThrow(RUN);
    expect(() => requireRetryable(unfailed(status), true)).toThrow(RUN);
  });

  it('says what to do instead', () => {
    refusalOf(unfailed('published')).toThrow('is published: there is nothing to retry');
    refusalOf(unfailed('cancelled')).toThrow('was cancelled');
    refusalOf(unfailed('loading')).toThrow('goes on: it is loading');
  });
});
