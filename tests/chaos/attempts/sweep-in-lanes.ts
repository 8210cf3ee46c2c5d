import type { Strace } from './find-strace.ts';
import { makeLane, type Lane } from './lane.ts';
import { campaignResults } from '../campaign-results.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import {
  describeInjection,
  ownPoints,
  ownReads,
  sumUp,
  sweep,
  traceUndisturbed,
  type SweepResult,
} from './sweep.ts';
import type { AttemptEnd, CallPoint, Injection } from './trace.ts';

/** Two at a time: most of an attempt is the start of a process. */
const LANES = 2;

export interface Sweep {
  /** What its results are kept as, where they are kept. */
  readonly campaign: 'kills' | 'errors';
  /** What is to happen at which of an attempt's calls. */
  readonly choose: (points: readonly CallPoint[], reads: readonly CallPoint[]) => readonly Injection[];
  /** Says what is wrong with the end of an attempt that was not killed. */
  readonly judge?: (lane: Lane, end: AttemptEnd, injection: Injection) => string | null;
}

/**
 * Sweeps over the calls of one kind of attempt, in lanes of their own that are removed afterwards. Where results are kept,
 * calls that have one are left out.
 */
export async function sweepInLanes(
  strace: Strace,
  scenario: Scenario,
  { campaign, choose, judge = () => null }: Sweep,
): Promise<SweepResult> {
  const lanes = await Promise.all(Array.from({ length: LANES }, () => makeLane(SCENARIOS[scenario])));
  try {
    const swept = await Promise.all(
      lanes.map(async (lane, nth) => {
        const calls = await traceUndisturbed(strace, lane);
        const chosen = choose(ownPoints(calls), ownReads(calls));
        const keyOf = (injection: Injection) => `${scenario}: ${describeInjection(lane, injection)}`;
        const own = chosen
          .filter((_, index) => index % LANES === nth)
          .filter((injection) => !campaignResults.has(campaign, keyOf(injection)));
        return sweep(
          strace,
          lane,
          own,
          (end, injection) => judge(lane, end, injection),
          (injection, found) => campaignResults.add(campaign, keyOf(injection), { scenario, ...found }),
        );
      }),
    );
    return sumUp(swept);
  } finally {
    await Promise.all(lanes.map((lane) => lane.remove()));
  }
}
