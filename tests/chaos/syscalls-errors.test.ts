import { afterAll, describe, expect, it } from 'vitest';

import { findStrace } from './attempts/find-strace.ts';
import { judgeError } from './attempts/judge-error.ts';
import { ALL, sample } from './attempts/sample.ts';
import { SCENARIOS, type Scenario } from './attempts/scenarios.ts';
import { sweepInLanes } from './attempts/sweep-in-lanes.ts';
import { sumUp, type SweepResult } from './attempts/sweep.ts';
import type { CallPoint, Injection } from './attempts/trace.ts';

/** Of each scenario; all of them take half an hour. */
const TRIED = 8;
const READS_TRIED = 2;

const errorsAt = (point: CallPoint): Injection[] =>
  ['EIO', 'ENOSPC'].flatMap((errno) => failures(point, errno));

function failures(point: CallPoint, errno: string): Injection[] {
  return [false, true].map((forEver) => ({ kind: 'error', point, errno, forEver }));
}

const strace = await findStrace();
const results: SweepResult[] = [];
afterAll(() => {
  const { tried, violations, ends } = sumUp(results);
  if (tried > 0) console.log(`${tried} errors injected: ${violations.length} violations.`, ends);
});

describe.skipIf(strace === null)(
  'an attempt of which a call fails says what failed where, publishes nothing in part, and the next one does it:',
  () => {
    it.each(Object.keys(SCENARIOS) as Scenario[])(
      '%s',
      async (scenario) => {
        if (strace === null) return;
        const swept = await sweepInLanes(strace, scenario, {
          campaign: 'errors',
          choose: (points, reads) => [
            ...sample(points.flatMap(errorsAt), TRIED),
            ...sample(
              reads.flatMap((point) => failures(point, 'EIO')),
              READS_TRIED,
            ),
          ],
          judge: judgeError,
        });
        results.push(swept);
        expect(swept.violations).toEqual([]);
        expect(swept.missed).toEqual([]);
      },
      ALL ? 7_200_000 : 600_000,
    );
  },
);
