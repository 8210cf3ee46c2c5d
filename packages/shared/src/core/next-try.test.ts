import { describe, expect, it } from 'vitest';

import { fail, type ErrorCode } from './errors.ts';
import { nextTry, type TriesSoFar } from './next-try.ts';

const FIRST: TriesSoFar = { attempt: 1, attempts: 5, outages: 0, outageAttempts: 100 };
const after = (code: ErrorCode, tries: Partial<TriesSoFar> = {}) =>
  nextTry(fail(code, { message: 'No.' }), { ...FIRST, ...tries });

describe('a try that failed', () => {
  it('is followed by another while attempts remain', () => {
    expect(after('source_changed')).toEqual({ kind: 'retry' });
    expect(after('source_changed', { attempt: 4 })).toEqual({ kind: 'retry' });
    expect(after('source_changed', { attempt: 5 })).toEqual({ kind: 'none' });
  });

  it.each(['model_failed', 'destination_unusable'] as const)('is the last after %s', (code) => {
    expect(after(code)).toEqual({ kind: 'none' });
  });

  it.each(['bucket_unavailable', 'destination_unavailable', 'redis_unavailable'] as const)(
    'because of an outage (%s) costs no attempt, whichever it was',
    (code) => {
      expect(after(code, { attempt: 5 })).toEqual({ kind: 'wait_out', outages: 1 });
      expect(after(code, { outages: 41 })).toEqual({ kind: 'wait_out', outages: 42 });
    },
  );

  it('is the last when an outage does not end: every run ends', () => {
    expect(after('bucket_unavailable', { outages: 98 })).toEqual({ kind: 'wait_out', outages: 99 });
    expect(after('bucket_unavailable', { outages: 99 })).toEqual({ kind: 'none' });
  });

  it('because of an outage leaves the attempts for errors of its own', () => {
    expect(after('internal', { outages: 99 })).toEqual({ kind: 'retry' });
  });
});
