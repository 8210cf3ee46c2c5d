import { describe, expect, it } from 'vitest';

import { describeWait, mustWait, type HeldByRun, type Pause, type WaitFacts } from './wait.ts';

const MIB = 1024 * 1024;
const NO_LIMITS = { outstandingBytes: 0, minFreeBytes: 0 };
const LIMITS = { outstandingBytes: 100 * MIB, minFreeBytes: 512 * MIB };
const WORKS = ['plan', 'extract', 'model', 'load'] as const;

const pause = (paused: boolean): Pause => ({
  v: 1,
  paused,
  by: 'ann@host',
  changedAt: '2026-11-22T06:00:00.000Z',
  reason: 'month end',
});
const held = (run: string, sizeBytes: number, paused = false): HeldByRun => ({ run, sizeBytes, paused });
const facts = (changes: Partial<WaitFacts> = {}): WaitFacts => ({
  pipeline: 'shop',
  pause: null,
  older: [],
  freeBytes: 1000 * MIB,
  ...changes,
});
const reasons = (changes: Partial<WaitFacts>, limits = LIMITS) =>
  WORKS.map((work) => mustWait(work, facts(changes), limits)?.reason ?? null);

describe('mustWait', () => {
  it('lets everything start when nothing is in the way', () => {
    expect(reasons({})).toEqual([null, null, null, null]);
    expect(reasons({ pause: pause(false) })).toEqual([null, null, null, null]);
  });

  it('holds all work of a paused pipeline, whatever else holds it', () => {
    const paused = reasons({ pause: pause(true), freeBytes: 0 }, NO_LIMITS);
    expect(paused).toEqual(WORKS.map(() => 'pipeline_paused'));
  });

  it('holds reading while the disk has less free than it must keep, and lets runs come to their end', () => {
    expect(reasons({ freeBytes: 512 * MIB - 1 })).toEqual(['disk_space', 'disk_space', null, null]);
    expect(reasons({ freeBytes: 512 * MIB })).toEqual([null, null, null, null]);
    expect(reasons({ freeBytes: null })).toEqual([null, null, null, null]);
    expect(reasons({ freeBytes: 0 }, NO_LIMITS)).toEqual([null, null, null, null]);
  });

  it('holds reading from the limit of outstanding bytes on', () => {
    const older = [held('b', 60 * MIB), held('a', 40 * MIB - 1)];
    expect(reasons({ older })).toEqual([null, null, null, null]);
    const more = [...older, held('c', 1)];
    expect(reasons({ older: more })).toEqual(['outstanding_bytes', 'outstanding_bytes', null, null]);
    expect(mustWait('extract', facts({ older: more }), LIMITS)).toMatchObject({ oldest: 'a' });
    expect(reasons({ older: more }, NO_LIMITS)).toEqual([null, null, null, null]);
  });

  it('never holds the oldest run, even by a limit below its first byte', () => {
    expect(reasons({ older: [] }, { outstandingBytes: 1, minFreeBytes: 0 })).toEqual(WORKS.map(() => null));
  });

  it('does not count runs of paused pipelines, so that others go on', () => {
    expect(reasons({ older: [held('a', 500 * MIB, true), held('b', MIB)] })).toEqual(WORKS.map(() => null));
  });
});

describe('describeWait', () => {
  it('says what is waited for, with figures and what to do', () => {
    const said = [
      mustWait('load', facts({ pause: pause(true) }), LIMITS),
      mustWait('plan', facts({ freeBytes: 3.25 * MIB }), LIMITS),
      mustWait('extract', facts({ older: [held('a', 200 * MIB)] }), LIMITS),
    ].map((wait) => (wait === null ? null : describeWait(wait)));
    expect(said).toEqual([
      "pipeline 'shop' is paused since 2026-11-22T06:00:00.000Z by ann@host (month end); `millrace unpause shop` lets it go on",
      'the disk of the bucket has 3.3 MiB free, and reading needs 512 MiB (MILLRACE_MIN_FREE_MB); free some space',
      'older runs hold 200 MiB that is not published yet, and reading waits from 100 MiB on (MILLRACE_OUTSTANDING_MB); first of them is a',
    ]);
  });
});
