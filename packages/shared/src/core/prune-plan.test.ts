import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  decideFates,
  findHeld,
  planGivingUp,
  planRemovals,
  type PrunableRun,
  type RetentionPolicy,
} from './prune-plan.ts';
import { RUN_STATUSES, TERMINAL_STATUSES, type RunStatus } from './status.ts';
import type { OwnedObject } from './stored-object.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-11-22T06:00:00.000Z');
const POLICY: RetentionPolicy = { keep: 1, olderThanMs: 30 * DAY, graceMs: DAY };
const agoMs = (days: number) => NOW - days * DAY;
const ago = (days: number) => new Date(agoMs(days)).toISOString();

const rowsKey = (run: string, task: string, attempt = 'a') =>
  `runs/${run}/staged/t/${task}.${attempt}.00000.parquet`;
const rejectsKey = (run: string, task: string) => `runs/${run}/rejected/${task}.a.00000.parquet`;
const object = (task: string, key: string, ageDays: number): OwnedObject => ({
  key,
  sizeBytes: 10,
  modifiedMs: agoMs(ageDays),
  isDraft: false,
  task,
  isRejects: key.includes('/rejected/'),
});

interface Drawn {
  readonly status: RunStatus;
  readonly ageDays: number;
  /** For each of two tasks: the run it takes over from, if any; whether it is done; whether a killed try left something. */
  readonly tasks: readonly { reuse: number | null; done: boolean; orphan: boolean; pruned: boolean }[];
}

/** Runs in their order; a task takes over only what an earlier run has made itself, as planning does. */
function makeRuns(drawn: readonly Drawn[]): PrunableRun[] {
  const runs: PrunableRun[] = [];
  for (const [index, { status, ageDays, tasks }] of drawn.entries()) {
    const run = `r${index}`;
    const borrows = { rows: [] as string[], rejects: [] as string[] };
    const objects: OwnedObject[] = [];
    const ended = TERMINAL_STATUSES.includes(status);
    const made = tasks.map(({ reuse, done, orphan }, at) => {
      const id = `x${at}`;
      const isDone = done || status === 'published';
      const lender = runs[reuse ?? -1]?.tasks[at]?.made ?? null;
      if (orphan) objects.push(object(id, rowsKey(run, id, 'killed'), ageDays));
      if (lender !== null && lender.rows.length > 0) {
        borrows.rows.push(...lender.rows);
        borrows.rejects.push(...lender.rejects);
        return { id, made: isDone ? { rows: [], rejects: [] } : null };
      }
      const own = { rows: [rowsKey(run, id)], rejects: [rejectsKey(run, id)] };
      for (const key of [...own.rows, ...own.rejects]) objects.push(object(id, key, ageDays));
      return { id, made: isDone ? own : null };
    });
    runs.push({
      run,
      pipeline: 'shop',
      status,
      endedAt: ended ? ago(ageDays) : null,
      tasks: made,
      borrows,
      pruned: new Set(ended ? made.filter((_, at) => tasks[at]?.pruned).map(({ id }) => id) : []),
      objects,
      drafts: [
        { key: `runs/${run}/staged/t/.x.parquet`, sizeBytes: 1, modifiedMs: agoMs(ageDays), isDraft: true },
      ],
    });
  }
  return runs;
}

const drawnRun: fc.Arbitrary<Drawn> = fc.record({
  status: fc.constantFrom(...RUN_STATUSES),
  ageDays: fc.integer({ min: 0, max: 60 }),
  tasks: fc.array(
    fc.record({
      reuse: fc.option(fc.nat(6)),
      done: fc.boolean(),
      orphan: fc.boolean(),
      pruned: fc.boolean(),
    }),
    { minLength: 2, maxLength: 2 },
  ),
});

function giveUp(runs: readonly PrunableRun[], policy: RetentionPolicy): PrunableRun[] {
  const fates = decideFates(runs, policy, NOW);
  const expired = new Set(runs.filter(({ run }) => fates.get(run) === 'expired').map(({ run }) => run));
  const given = new Map(planGivingUp(runs, expired).map(({ run, tasks }) => [run, tasks]));
  return runs.map((run) => ({ ...run, pruned: new Set([...run.pruned, ...(given.get(run.run) ?? [])]) }));
}

/** All that a run needs: what its manifests and its plan name, its own objects where a try may still commit them. */
function needs({ tasks, borrows, objects }: PrunableRun): string[] {
  const open = new Set(tasks.filter(({ made }) => made === null).map(({ id }) => id));
  return [
    ...borrows.rows,
    ...borrows.rejects,
    ...tasks.flatMap(({ made }) => (made === null ? [] : [...made.rows, ...made.rejects])),
    ...objects.filter(({ task }) => open.has(task)).map(({ key }) => key),
  ];
}

describe('what is pruned', () => {
  it('is never what a run needs that goes on or is kept, whatever came after it was given up', () => {
    fc.assert(
      fc.property(
        fc.array(drawnRun, { minLength: 1, maxLength: 7 }),
        fc.array(drawnRun, { maxLength: 3 }),
        fc.integer({ min: 0, max: 3 }),
        (drawn, later, keep) => {
          const given = giveUp(makeRuns(drawn), { ...POLICY, keep });
          const records = new Map(given.map(({ run, pruned }) => [run, pruned]));
          // Runs that were planned meanwhile, without having seen any record.
          const goingOn = later.map((run): Drawn => ({ ...run, status: 'extracting' }));
          const runs = makeRuns([...drawn, ...goingOn]).map((run) => ({
            ...run,
            pruned: records.get(run.run) ?? new Set<string>(),
          }));
          const removed = new Set(planRemovals(runs, POLICY.graceMs, NOW).map(({ key }) => key));
          for (const run of runs) {
            const { pruned, status, borrows } = run;
            const isNeeded = pruned.size === 0 || !TERMINAL_STATUSES.includes(status);
            // Rejects of published runs are their history.
            const keys = isNeeded ? needs(run) : status === 'published' ? borrows.rejects : [];
            expect(keys.filter((key) => removed.has(key))).toEqual([]);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is all that has expired and nobody borrows', () => {
    fc.assert(
      fc.property(fc.array(drawnRun, { minLength: 1, maxLength: 7 }), (drawn) => {
        const runs = giveUp(makeRuns(drawn), { ...POLICY, keep: 0, olderThanMs: 0, graceMs: 0 });
        const held = findHeld(runs, new Set(runs.map(({ run }) => run)));
        const gone = new Set([...planRemovals(runs, 0, NOW), ...held].map(({ key }) => key));
        for (const { status, endedAt, objects } of runs) {
          if (endedAt === null) continue;
          const left = objects.filter(({ key }) => !gone.has(key));
          expect(
            left.filter(
              ({ isRejects, task }) => !(status === 'published' && isRejects) && !isLent(runs, task),
            ),
          ).toEqual([]);
        }
      }),
    );
  });

  const one = (changes: Partial<Drawn>): Drawn => ({
    status: 'published',
    ageDays: 40,
    tasks: [{ reuse: null, done: true, orphan: false, pruned: false }],
    ...changes,
  });
  const removedOf = (drawn: readonly Drawn[], policy: Partial<RetentionPolicy> = {}) => {
    const runs = giveUp(makeRuns(drawn), { ...POLICY, ...policy });
    return planRemovals(runs, POLICY.graceMs, NOW)
      .filter(({ why }) => why !== 'draft')
      .map(({ key }) => key);
  };

  it('leaves the newest published runs of a pipeline, those that are young, and rejects of published ones', () => {
    const removed = removedOf([
      one({}),
      one({ ageDays: 35 }),
      one({ ageDays: 31 }),
      one({ status: 'failed' }),
    ]);
    expect(removed).toEqual([
      rowsKey('r0', 'x0'),
      rowsKey('r1', 'x0'),
      rowsKey('r3', 'x0'),
      rejectsKey('r3', 'x0'),
    ]);
  });

  it('is of cancelled runs all that is older than the grace', () => {
    const removed = removedOf([
      one({ status: 'cancelled', ageDays: 2 }),
      one({ status: 'cancelled', ageDays: 0 }),
    ]);
    expect(removed).toEqual([rowsKey('r0', 'x0'), rejectsKey('r0', 'x0')]);
  });

  it('leaves what a run that was retried in that moment still needs', () => {
    const [failed] = giveUp(makeRuns([one({ status: 'failed' })]), POLICY) as [PrunableRun];
    expect(planRemovals([failed], POLICY.graceMs, NOW)).not.toEqual([]);
    const retried: PrunableRun = { ...failed, status: 'extracting', endedAt: null, drafts: [] };
    expect(planRemovals([retried], POLICY.graceMs, NOW)).toEqual([]);
  });

  it('names who borrows what was given up too late', () => {
    const taken = [{ reuse: 0, done: false, orphan: false, pruned: false }];
    const [lender] = giveUp(makeRuns([one({ status: 'failed' })]), POLICY) as [PrunableRun];
    const [, taker] = makeRuns([
      one({ status: 'failed' }),
      one({ status: 'extracting', ageDays: 0, tasks: taken }),
    ]);
    const runs = [lender, taker as PrunableRun];
    expect(planRemovals(runs, POLICY.graceMs, NOW).filter(({ why }) => why !== 'draft')).toEqual([]);
    expect(findHeld(runs, new Set(['r0'])).map(({ key, borrower }) => [key, borrower])).toEqual([
      [rowsKey('r0', 'x0'), 'r1'],
      [rejectsKey('r0', 'x0'), 'r1'],
    ]);
  });

  it('is of an open task nothing, of a done one what another try has left behind', () => {
    const tasks = [{ reuse: null, done: true, orphan: true, pruned: false }];
    const open = [{ reuse: null, done: false, orphan: true, pruned: false }];
    const going = (ageDays: number, of: Drawn['tasks']) => one({ status: 'extracting', ageDays, tasks: of });
    expect(removedOf([going(2, tasks)])).toEqual([rowsKey('r0', 'x0', 'killed')]);
    expect(removedOf([going(0, tasks)])).toEqual([]);
    expect(removedOf([going(2, open)])).toEqual([]);
  });
});

/** Whether a run that goes on holds a task of this id back. */
function isLent(runs: readonly PrunableRun[], task: string): boolean {
  return runs.some(
    ({ endedAt, borrows }) => endedAt === null && borrows.rows.some((key) => key.includes(`/${task}.`)),
  );
}
