import { afterAll, describe, expect, it } from 'vitest';

import { findStrace } from './attempts/find-strace.ts';
import { judgeError } from './attempts/judge-error.ts';
import { makeLane } from './attempts/lane.ts';
import { ALL, sample } from './attempts/sample.ts';
import { SCENARIOS, type Scenario } from './attempts/scenarios.ts';
import { ownPoints, sumUp, sweep, traceUndisturbed, type SweepResult } from './attempts/sweep.ts';
import type { Injection } from './attempts/trace.ts';

/** Of each scenario; all of them take the better part of an hour. */
const TRIED = 8;

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
        const lanes = await Promise.all([makeLane(SCENARIOS[scenario]), makeLane(SCENARIOS[scenario])]);
        try {
          const swept = await Promise.all(
            lanes.map(async (lane, half) => {
              const injections = sample(
                ownPoints(await traceUndisturbed(strace, lane)).flatMap((point) =>
                  ['EIO', 'ENOSPC'].flatMap((errno) =>
                    [false, true].map((forEver): Injection => ({ kind: 'error', point, errno, forEver })),
                  ),
                ),
                TRIED,
              );
              const own = injections.filter((_, index) => index % lanes.length === half);
              return sweep(strace, lane, own, (end, injection) => judgeError(lane, end, injection));
            }),
          );
          results.push(...swept);
          const { violations, missed } = sumUp(swept);
          expect(violations).toEqual([]);
          expect(missed).toEqual([]);
        } finally {
          await Promise.all(lanes.map((lane) => lane.remove()));
        }
      },
      ALL ? 7_200_000 : 600_000,
    );
  },
);
