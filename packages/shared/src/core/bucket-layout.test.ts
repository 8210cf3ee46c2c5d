import { describe, expect, it } from 'vitest';

import { bucketLayout, jobId, taskOfManifestKey } from './bucket-layout.ts';
import { isRunId, makeRunId } from './run.ts';

const run = makeRunId('2026-11-22T06:07:08.901Z', '00ff00ff');

describe('keys', () => {
  it('finds the task of a manifest and of nothing else', () => {
    expect(taskOfManifestKey(bucketLayout.manifest(run, 'model-daily'))).toBe('model-daily');
    expect(taskOfManifestKey(bucketLayout.plan(run))).toBeNull();
    expect(taskOfManifestKey(bucketLayout.staged(run, 't', 'x', 'a', 0))).toBeNull();
  });

  it('gives two attempts at a task different objects', () => {
    expect(bucketLayout.staged(run, 't', 'x', 'a', 0)).not.toBe(bucketLayout.staged(run, 't', 'x', 'b', 0));
    expect(bucketLayout.modeled(run, 't', 'a', 0)).not.toBe(bucketLayout.modeled(run, 't', 'b', 0));
    expect(bucketLayout.rejected(run, 'x', 'a', 0)).not.toBe(bucketLayout.rejected(run, 'x', 'b', 0));
  });

  it('makes job ids that the queue takes: no colon, not all digits', () => {
    expect(jobId(run, 'load-1', 2)).toBe('20261122T060708-00ff00ff.load-1.g2');
  });
});

describe('run ids', () => {
  it('sort by time of request', () => {
    expect(isRunId(run)).toBe(true);
    expect(makeRunId('2026-11-22T06:07:09.000Z', '00000000') > run).toBe(true);
    expect(isRunId('latest')).toBe(false);
  });
});
