import type { Service } from '../support/test-stack.ts';
import { FAULT_KINDS, type Fault, type FaultKind, type Milestone, type Moment } from './fault.ts';
import type { DatasetShape } from './harness/dataset.ts';
import { createDice, type Dice } from './harness/dice.ts';
import { SHORT_LOCK_MS } from './harness/private-build.ts';

/** All that happens to one cluster, from the data to the last fault. The same seed gives the same schedule. */
export interface Schedule {
  readonly seed: number;
  readonly shape: DatasetShape;
  readonly workers: Readonly<Record<Service, number>>;
  readonly runs: readonly RunWish[];
  readonly faults: readonly Fault[];
  /** Whether runs that failed are given another round before a new run is requested. */
  readonly retry: boolean;
  /** How long workers that are told to stop may go on with their task; 0 hands it back at once. */
  readonly shutdownMs: number;
  /** How long its runs may take to end once the faults are over. */
  readonly patienceMs: number;
}

export interface RunWish {
  /** Commands that ask for it at the same time, with the same key. */
  readonly commands: number;
  /** Requested with the run before it, not after it has ended. */
  readonly together: boolean;
}

const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];
/** Where work of a service may be hit. */
const BUSY: Readonly<Record<Service, readonly Milestone[]>> = {
  extractor: ['requested', 'planned', 'reading', 'reading'],
  transformer: ['staged', 'staged', 'modeling'],
  loader: ['modeling', 'loading', 'loading'],
};
/** The same few for all seeds, so that what is expected of them is computed once. */
const SHAPES: readonly DatasetShape[] = [
  { seed: 11, orders: 300, files: 4, format: 'lines', gzip: false, batchRows: 20 },
  { seed: 12, orders: 500, files: 2, format: 'array', gzip: false, batchRows: 100 },
  { seed: 13, orders: 400, files: 3, format: 'lines', gzip: true, batchRows: 50 },
  { seed: 14, orders: 900, files: 6, format: 'lines', gzip: false, batchRows: 10 },
];
const PATIENCE_MS = 45_000;
const SHUTDOWN_MS = 8000;
const HOUR_MS = 3_600_000;
const SKEWS_MS = [HOUR_MS, -HOUR_MS, 10 * 365 * 24 * HOUR_MS, -56 * 365 * 24 * HOUR_MS];

/** Schedules made to meet one window, in which a protection is all that stands between a run and wrong tables. */
export type Target =
  | 'frozen-loader'
  | 'frozen-extractor'
  | 'killed-loader'
  | 'killed-extractor'
  | 'flipped-bit'
  | 'flushed-redis'
  | 'cancelled-loader';
const TARGETS: readonly Target[] = [
  'frozen-loader',
  'frozen-extractor',
  'killed-loader',
  'killed-extractor',
  'flipped-bit',
  'flushed-redis',
  'cancelled-loader',
];
const TARGETED_EVERY = 5;

/** The schedule of a seed of a campaign. Each kind of fault leads in its turn, so that a few seeds meet them all. */
export function scheduleOf(seed: number): Schedule {
  const [turn, rest] = [Math.floor(seed / TARGETED_EVERY), seed % TARGETED_EVERY];
  if (rest === TARGETED_EVERY - 1) return targetedSchedule(TARGETS[turn % TARGETS.length] as Target, seed);
  const lead = FAULT_KINDS[(turn * (TARGETED_EVERY - 1) + rest) % FAULT_KINDS.length] as FaultKind;
  return mixedSchedule(lead, seed);
}

/** One kind of fault for certain, and others by chance. */
function mixedSchedule(lead: FaultKind, seed: number): Schedule {
  const dice = createDice(seed);
  // Of what was compressed no second version is made, so only the others can change.
  const shape = dice.pick(lead === 'source_change' ? SHAPES.filter(({ gzip }) => !gzip) : SHAPES);
  const runs = Array.from({ length: dice.pick([1, 1, 1, 2, 2, 3]) }, (_, index) => ({
    commands: dice.pick([1, 1, 1, 3]),
    together: index > 0 && dice.chance(0.6),
  }));
  const others = Array.from({ length: dice.pick([0, 1, 1, 2, 3]) }, () => dice.pick(RANDOM_KINDS));
  const faults = [lead, ...others].map((kind) => drawFault(dice, kind, runs.length));
  const workers = {
    extractor: dice.pick([1, 1, 1, 2]),
    transformer: dice.pick([1, 1, 1, 2]),
    loader: dice.pick([1, 1, 1, 2]),
  };
  const shutdownMs = seed % 2 === 0 ? 0 : SHUTDOWN_MS;
  return { seed, shape, workers, runs, faults, retry: dice.chance(0.5), shutdownMs, patienceMs: PATIENCE_MS };
}

export function targetedSchedule(target: Target, seed: number): Schedule {
  const dice = createDice(seed);
  return {
    seed,
    shape: SHAPES.at(-1) as DatasetShape,
    workers: { extractor: 1, transformer: 1, loader: 1 },
    runs: [{ commands: 1, together: false }],
    faults: [aimedFault(target, dice)],
    retry: false,
    shutdownMs: SHUTDOWN_MS,
    patienceMs: PATIENCE_MS,
  };
}

function aimedFault(target: Target, dice: Dice): Fault {
  const at = (on: Milestone, withinMs: number): Moment => ({
    run: 0,
    on,
    afterMs: dice.between(0, withinMs),
  });
  switch (target) {
    case 'frozen-loader':
      return { kind: 'freeze', at: at('loading', 40), service: 'loader', forMs: null };
    case 'frozen-extractor':
      return { kind: 'freeze', at: at('reading', 40), service: 'extractor', forMs: null };
    case 'killed-loader':
      return { kind: 'kill', at: at('loading', 300), service: 'loader', times: 1 };
    case 'killed-extractor':
      return { kind: 'kill', at: at('reading', 20), service: 'extractor', times: 2, aimed: true };
    case 'flipped-bit':
      return { kind: 'damage', at: at('staged', 0), how: 'flip', pick: dice.between(0, 1000) };
    case 'flushed-redis':
      return { kind: 'redis_flush', at: at('reading', 10) };
    case 'cancelled-loader':
      return { kind: 'cancel', at: at('loading', 300) };
  }
}

/** What may come on top: not what makes a failed run a right answer. */
const RANDOM_KINDS = FAULT_KINDS.filter((kind) => !['source_change', 'damage'].includes(kind));

function drawFault(dice: Dice, kind: FaultKind, runs: number): Fault {
  const service = dice.pick(SERVICES);
  const at: Moment = {
    run: dice.between(0, runs - 1),
    on: dice.pick(BUSY[service]),
    afterMs: dice.between(0, 150),
  };
  switch (kind) {
    case 'kill':
      return { kind, at, service, times: dice.pick([1, 1, 2, 3]) };
    case 'terminate':
      return { kind, at, service };
    case 'freeze':
      return {
        kind,
        at: { ...at, afterMs: at.afterMs % 60 },
        service,
        forMs: dice.chance(0.4) ? null : SHORT_LOCK_MS + dice.between(-500, 2000),
      };
    case 'stutter':
      return { kind, at, service, times: dice.between(3, 8), eachMs: dice.between(100, 600) };
    case 'clock':
      return { kind, at: { ...at, on: 'requested' }, service, skewMs: dice.pick(SKEWS_MS) };
    case 'redis_kill':
      return { kind, at, downMs: dice.between(0, 2000) };
    case 'redis_cut':
      return { kind, at, downMs: dice.between(0, 500), bytes: dice.pick([1, 50, 1000, 20_000]) };
    case 'redis_pause':
      return { kind, at, forMs: dice.between(300, 2500) };
    case 'redis_flush':
    case 'cancel':
      return { kind, at };
    case 'source_change':
      return { kind, at: { ...at, on: dice.pick(BUSY.extractor) }, how: dice.pick(['rewrite', 'replace']) };
    case 'damage':
      return {
        kind,
        at: { ...at, on: dice.pick(['staged', 'modeling']), afterMs: 0 },
        how: dice.pick(['flip', 'truncate', 'delete']),
        pick: dice.between(0, 1000),
      };
  }
}
