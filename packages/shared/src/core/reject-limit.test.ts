import { describe, expect, it } from 'vitest';

import { makeManifest, makePlan } from '../testing/make-plan.ts';
import { countRecords, rejectLimitExceeded } from './reject-limit.ts';

function manifests(rejected: number) {
  const plan = makePlan();
  const part = (task: string, input: number, refused: number) =>
    makeManifest(plan, task, {
      extracted: {
        files: [{ input, seen: 500, accepted: 500 - refused, rejected: refused, blank: 1 }],
        rejects: { records: refused, byReason: refused === 0 ? {} : { type_mismatch: refused }, batches: [] },
      },
    });
  return [
    part('extract-orders-00001', 0, rejected),
    part('extract-orders-00002', 1, 0),
    makeManifest(plan, 'model-daily'),
  ];
}

describe('rejectLimitExceeded', () => {
  it.each([
    [{ maxRows: null, maxRatio: null }, 500, false],
    [{ maxRows: 10, maxRatio: null }, 10, false],
    [{ maxRows: 10, maxRatio: null }, 11, true],
    [{ maxRows: 0, maxRatio: null }, 1, true],
    [{ maxRows: null, maxRatio: 0.01 }, 10, false],
    [{ maxRows: null, maxRatio: 0.01 }, 11, true],
    [{ maxRows: 100, maxRatio: 0.01 }, 11, true],
  ])('%o with %i of 1000 rejected: %s', (rejects, rejected, exceeded) => {
    const error = rejectLimitExceeded(makePlan({ rejects }), manifests(rejected));
    expect(error !== null).toBe(exceeded);
  });

  it('tells counts, limit, reasons and the next step', () => {
    const error = rejectLimitExceeded(makePlan({ rejects: { maxRows: 3, maxRatio: null } }), manifests(4));
    expect(error).toMatchObject({ code: 'reject_limit', exitCode: 1, retry: 'never' });
    expect(error?.message).toBe(
      '4 of 1000 records were rejected, allowed are at most 3 (rejects.max_rows): type_mismatch 4.',
    );
    expect(error?.hint).toContain('millrace rejects 20261122T060000-0a1b2c3d');
  });
});

describe('countRecords', () => {
  it('adds up all extract tasks', () => {
    expect(countRecords(manifests(4))).toEqual({
      seen: 1000,
      accepted: 996,
      rejected: 4,
      blank: 2,
      byReason: { type_mismatch: 4 },
    });
  });
});
