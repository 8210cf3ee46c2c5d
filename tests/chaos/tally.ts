import { FAULT_KINDS, type FaultKind } from './fault.ts';
import type { Outcome, Sightings } from './outcome.ts';

/** The figures of a campaign. */
export interface Tally {
  readonly schedules: number;
  readonly violated: number;
  readonly published: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of each kind, how often it struck, and how often it met what it was meant to meet. */
  readonly faults: ReadonlyMap<FaultKind, { readonly struck: number; readonly hit: number }>;
  readonly sightings: Sightings;
  readonly polls: number;
  readonly sawNone: number;
  readonly sawAll: number;
  readonly recoveriesMs: readonly number[];
}

export function tallyOf(outcomes: readonly Outcome[]): Tally {
  const sum = (value: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + value(outcome), 0);
  const faults = new Map(
    FAULT_KINDS.map((kind) => {
      const struck = outcomes.flatMap((outcome) => outcome.faults.filter((fault) => fault.kind === kind));
      return [kind, { struck: struck.length, hit: struck.filter(({ hit }) => hit).length }];
    }),
  );
  return {
    schedules: outcomes.length,
    violated: outcomes.filter(({ violations }) => violations.length > 0).length,
    published: sum(({ published }) => published),
    failed: sum(({ failed }) => failed),
    cancelled: sum(({ cancelled }) => cancelled),
    faults,
    sightings: {
      fenced: sum(({ sightings }) => sightings.fenced),
      reconciled: sum(({ sightings }) => sightings.reconciled),
      handedBack: sum(({ sightings }) => sightings.handedBack),
      triedAgain: sum(({ sightings }) => sightings.triedAgain),
      stalls: sum(({ sightings }) => sightings.stalls),
      orphans: sum(({ sightings }) => sightings.orphans),
      restarts: sum(({ sightings }) => sightings.restarts),
    },
    polls: sum(({ reader }) => reader.polls),
    sawNone: sum(({ reader }) => reader.sawNone),
    sawAll: sum(({ reader }) => reader.sawAll.length),
    recoveriesMs: outcomes.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b),
  };
}

/** From so many schedules on, a campaign is judged by what it has met. */
export const JUDGED_FROM = 25;
/** Where a fault meets a worker is chance; with fewer schedules it is enough that each kind has struck. */
const HITS_FROM = 75;

/**
 * What a campaign was meant to exercise and never did: with it, that nothing was violated says nothing. Empty when
 * all was met.
 */
export function findVacuity(tally: Tally): string[] {
  const never = [...tally.faults]
    .filter(([, { struck, hit }]) => (tally.schedules < HITS_FROM ? struck : hit) === 0)
    .map(([kind, { struck }]) => `fault ${kind} struck ${struck} times and never hit`);
  const seen = { ...tally, ...tally.sightings };
  const wanted = [
    'published',
    ...(tally.schedules < HITS_FROM ? [] : (['failed', 'cancelled', 'handedBack'] as const)),
    'sawNone',
    'sawAll',
    'fenced',
    'reconciled',
    'stalls',
    'orphans',
    'restarts',
  ] as const;
  return [...never, ...wanted.filter((name) => seen[name] === 0).map((name) => `${name} is 0`)];
}

/** With no violation in n schedules, the rate of violations is below this at 95 % confidence. */
export function boundOf(schedules: number): number {
  return 3 / schedules;
}
