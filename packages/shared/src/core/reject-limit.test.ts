import { describe, expect, it } from 'vitest';

import { makeManifest, makePlan } from '../testing/make-plan.ts';
import type { Manifest } from './manifest.ts';
import type { RejectLimits } from './pipeline.ts';
import { findOverrun, rejectLimitError } from './reject-limit.ts';
import type { RejectReason } from './reject.ts';

const NO_LIMIT: RejectLimits = { maxRows: null, maxRatio: null, sources: [] };
const batch = { key: 'k', format: 'parquet', rows: 1, bytes: 1, sha256: '0'.repeat(64) } as const;

/** What one task of the plan saw and rejected of its one file. */
type Counts = readonly [seen: number, rejected: number, reason?: RejectReason];

/** Manifests of the tasks that are done, of two tasks of `orders` and one of `customers`. */
function committed(...tasks: readonly (Counts | null)[]): Map<string, Manifest> {
  const plan = makePlan();
  const ids = ['extract-orders-00001', 'extract-orders-00002', 'extract-customers-00001'];
  const done = tasks.flatMap((counts, input) => {
    if (counts === null) return [];
    const [seen, rejected, reason = 'type_mismatch'] = counts;
    const batches = rejected === 0 ? [] : [{ ...batch, key: `task-${input}`, rows: rejected }];
    const manifest = makeManifest(plan, ids[input] ?? '', {
      extracted: {
        files: [{ input, seen, accepted: seen - rejected, rejected, blank: 1 }],
        rejects: { records: rejected, byReason: rejected === 0 ? {} : { [reason]: rejected }, batches },
        fingerprint: null,
        reused: null,
      },
    });
    return [[manifest.task, manifest] as const];
  });
  return new Map(done);
}

const overrun = (rejects: Partial<RejectLimits>, manifests: Map<string, Manifest>) =>
  findOverrun(makePlan({ rejects: { ...NO_LIMIT, ...rejects } }), manifests);

describe('a limit over the whole run', () => {
  it.each([
    [{}, 500, false],
    [{ maxRows: 10 }, 10, false],
    [{ maxRows: 10 }, 11, true],
    [{ maxRows: 0 }, 1, true],
    [{ maxRatio: 0.01 }, 10, false],
    [{ maxRatio: 0.01 }, 11, true],
    [{ maxRows: 100, maxRatio: 0.01 }, 11, true],
  ])('%o with %i of 1000 rejected: %s', (limit, rejected, exceeded) => {
    expect(overrun(limit, committed([500, rejected], [400, 0], [100, 0])) !== null).toBe(exceeded);
  });

  it('in rows is known to be exceeded while tasks are open, and says that it is not the end', () => {
    expect(overrun({ maxRows: 3 }, committed([10, 4], null, null))?.sentences).toEqual([
      '4 of 10 records read so far were rejected, allowed are at most 3 (rejects.max_rows): type_mismatch 4.',
    ]);
  });

  it('as a ratio is judged when all is read', () => {
    expect(overrun({ maxRatio: 0.1 }, committed([10, 4], [90, 0], null))).toBeNull();
    expect(overrun({ maxRatio: 0.1 }, committed([10, 4], [10, 0], [10, 0]))).not.toBeNull();
  });
});

describe('a limit of one source', () => {
  const orders = { source: 'orders', maxRows: null, maxRatio: 0.1, byDefault: false };

  it('counts only the records of that source, and asks for examples of them only', () => {
    const found = overrun({ sources: [orders] }, committed([10, 1], [10, 2], [1000, 100, 'missing_field']));
    expect(found?.sentences).toEqual([
      "3 of 20 records of source 'orders' were rejected, allowed are at most 10 % of all (sources.orders.rejects.max_ratio): type_mismatch 3.",
    ]);
    expect(found?.reasons).toEqual(['type_mismatch']);
    expect(found?.batches.map(({ key }) => key)).toEqual(['task-0', 'task-1']);
    expect(found?.counts).toMatchObject({ seen: 1020, rejected: 103, filesWithRejects: 3 });
  });

  it('is judged when that source was read, whatever else is open', () => {
    expect(overrun({ sources: [orders] }, committed([10, 3], null, [5, 0]))).toBeNull();
    expect(overrun({ sources: [orders] }, committed([10, 3], [10, 0], null))).not.toBeNull();
  });

  it('holds beside the limit of the run', () => {
    const both = { maxRows: 1, sources: [{ ...orders, maxRows: 2, maxRatio: null }] };
    expect(overrun(both, committed([10, 3], [0, 0], [10, 0]))?.sentences).toHaveLength(2);
  });
});

describe('the default', () => {
  const byDefault = { source: 'customers', maxRows: null, maxRatio: 0.05, byDefault: true };

  it.each([
    ['one bad record among few', 2, 1, false],
    ['two bad records of twenty', 20, 2, true],
    ['five of a hundred', 100, 5, false],
    ['a file of which nothing could be read', 1, 1, true],
  ])('%s', (_, seen, rejected, exceeded) => {
    const manifests = committed([100_000, 0], [100_000, 0], [seen, rejected]);
    expect(overrun({ sources: [byDefault] }, manifests) !== null).toBe(exceeded);
  });
});

describe('the error', () => {
  it('tells counts, limit, reasons and the next step, and has the counts per source and file', () => {
    const plan = makePlan({ rejects: { ...NO_LIMIT, maxRows: 3 } });
    const found = findOverrun(plan, committed([500, 1, 'json_syntax'], [400, 3], [100, 0]));
    const example = {
      reason: 'json_syntax',
      source: 'orders',
      file: 'orders-1.json',
      line: 7,
      recordNumber: 7,
      byteOffset: 90,
      message: 'No value.',
    } as const;
    const error = found === null ? null : rejectLimitError(plan, found, [example]);
    expect(error).toMatchObject({ code: 'reject_limit', exitCode: 1, retry: 'never' });
    expect(error?.message).toBe(
      '4 of 1,000 records were rejected, allowed are at most 3 (rejects.max_rows): type_mismatch 3, json_syntax 1.',
    );
    expect(error?.hint).toContain('millrace rejects 20261122T060000-0a1b2c3d');
    expect(error?.rejects).toEqual({
      seen: 1000,
      rejected: 4,
      byReason: [
        { reason: 'type_mismatch', records: 3 },
        { reason: 'json_syntax', records: 1 },
      ],
      sources: [
        { source: 'orders', seen: 900, rejected: 4 },
        { source: 'customers', seen: 100, rejected: 0 },
      ],
      files: [
        { source: 'orders', file: 'orders-2.json', seen: 400, rejected: 3 },
        { source: 'orders', file: 'orders-1.json', seen: 500, rejected: 1 },
      ],
      filesWithRejects: 2,
      examples: [example],
    });
  });
});
