import type { Strace } from './find-strace.ts';
import { makeLane, type Lane, type LaneShape } from './lane.ts';
import { ownPoints, sumUp, sweep, traceUndisturbed, type SweepResult } from './sweep.ts';
import type { AttemptEnd, CallPoint, Injection } from './trace.ts';

/** Two at a time: most of an attempt is the start of a process. */
const LANES = 2;

export interface Sweep {
  /** What is to happen at which of an attempt's calls. */
  readonly choose: (points: readonly CallPoint[]) => readonly Injection[];
  /** Says what is wrong with the end of an attempt that was not killed. */
  readonly judge?: (lane: Lane, end: AttemptEnd, injection: Injection) => string | null;
}

/** Sweeps over the calls of one kind of attempt, in lanes of their own that are removed afterwards. */
export async function sweepInLanes(
  strace: Strace,
  shape: LaneShape,
  { choose, judge = () => null }: Sweep,
): Promise<SweepResult> {
  const lanes = await Promise.all(Array.from({ length: LANES }, () => makeLane(shape)));
  try {
    const swept = await Promise.all(
      lanes.map(async (lane, nth) => {
        const chosen = choose(ownPoints(await traceUndisturbed(strace, lane)));
        const own = chosen.filter((_, index) => index % LANES === nth);
        return sweep(strace, lane, own, (end, injection) => judge(lane, end, injection));
      }),
    );
    return sumUp(swept);
  } finally {
    await Promise.all(lanes.map((lane) => lane.remove()));
  }
}
