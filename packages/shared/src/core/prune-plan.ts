import type { PrunedRecord } from './run.ts';
import { TERMINAL_STATUSES, type RunStatus } from './status.ts';
import type { OwnedObject, StoredObject } from './stored-object.ts';

/** A run as pruning sees it. */
export interface PrunableRun {
  readonly run: string;
  readonly pipeline: string;
  readonly status: RunStatus;
  /** ISO UTC; null while it goes on. */
  readonly endedAt: string | null;
  /** Tasks that make data. */
  readonly tasks: readonly PrunableTask[];
  /** Objects of other runs that this one reads, has taken over or may still take over. */
  readonly borrows: DataKeys;
  /** Tasks whose data was given up by an earlier pruning, which may have been killed before all was removed. */
  readonly pruned: ReadonlySet<string>;
  readonly objects: readonly OwnedObject[];
  readonly drafts: readonly StoredObject[];
}

export interface PrunableTask {
  readonly id: string;
  /** Objects of this run that its manifest names; null as long as it has none. */
  readonly made: DataKeys | null;
}

export interface DataKeys {
  readonly rows: readonly string[];
  readonly rejects: readonly string[];
}

/** How long things are kept. */
export interface RetentionPolicy {
  /** The newest published runs of each pipeline are kept, however old. */
  readonly keep: number;
  /** All runs that ended less long ago are kept, but for the data of cancelled ones. */
  readonly olderThanMs: number;
  /** Nothing younger is taken for the left-over of a killed worker, and no younger cancelled run is touched. */
  readonly graceMs: number;
}

type Fate = 'expired' | Kept;
/** Why a run is kept: it goes on, it is among the newest published ones, or it is too young to be removed. */
export type Kept = 'live' | 'newest' | 'young';

/** What each run has to expect. A run of which something was given up never comes back. */
export function decideFates(
  runs: readonly PrunableRun[],
  policy: RetentionPolicy,
  nowMs: number,
): Map<string, Fate> {
  const newest = newestPublished(runs, policy.keep);
  return new Map(runs.map((run) => [run.run, fateOf(run, newest, policy, nowMs)]));
}

function fateOf(
  { run, status, endedAt, pruned }: PrunableRun,
  newest: ReadonlySet<string>,
  { olderThanMs, graceMs }: RetentionPolicy,
  nowMs: number,
): Fate {
  if (endedAt === null || !TERMINAL_STATUSES.includes(status)) return 'live';
  if (pruned.size > 0) return 'expired';
  if (newest.has(run)) return 'newest';
  const keptMs = status === 'cancelled' ? graceMs : olderThanMs;
  return nowMs - Date.parse(endedAt) < keptMs ? 'young' : 'expired';
}

function newestPublished(runs: readonly PrunableRun[], keep: number): Set<string> {
  const byPipeline = new Map<string, PrunableRun[]>();
  for (const run of runs) {
    if (run.status === 'published')
      byPipeline.set(run.pipeline, [...(byPipeline.get(run.pipeline) ?? []), run]);
  }
  const newestFirst = (a: PrunableRun, b: PrunableRun) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? 1 : -1);
  return new Set(
    [...byPipeline.values()].flatMap((published) =>
      published
        .sort(newestFirst)
        .slice(0, keep)
        .map(({ run }) => run),
    ),
  );
}

/** Tasks of a run whose data is given up, to be recorded before anything of it is removed. */
export type GivenUp = Pick<PrunedRecord, 'run' | 'tasks'>;

/** What can be given up of runs that have expired: all but the tasks whose rows another run borrows. */
export function planGivingUp(runs: readonly PrunableRun[], expired: ReadonlySet<string>): GivenUp[] {
  const borrowed = findBorrowed(runs, (run) => expired.has(run.run));
  return runs.flatMap((run) => {
    if (!expired.has(run.run)) return [];
    const tasks = run.tasks
      .filter(({ id, made }) => !run.pruned.has(id) && made?.rows.some((key) => borrowed.has(key)) !== true)
      .map(({ id }) => id);
    return tasks.length === 0 ? [] : [{ run: run.run, tasks }];
  });
}

/** What a run has to offer to others is not removed while one of them that may still be needed borrows it. */
function findBorrowed(
  runs: readonly PrunableRun[],
  isExpired: (run: PrunableRun) => boolean,
): ReadonlyMap<string, string> {
  const borrowed = new Map<string, string>();
  for (const run of runs) {
    const { rows, rejects } = run.borrows;
    if (!isExpired(run)) for (const key of rows) borrowed.set(key, run.run);
    // Rejects of a published run are its history, also when its rows are gone.
    if (!isExpired(run) || run.status === 'published') for (const key of rejects) borrowed.set(key, run.run);
  }
  return borrowed;
}

export interface Removal {
  readonly run: string;
  readonly key: string;
  readonly sizeBytes: number;
  /** Data of an ended run; of a try whose task another try has done; of a writer that never finished. */
  readonly why: 'expired' | 'orphan' | 'draft';
}

/**
 * What may be removed. Retention has no say here: only what was recorded as given up goes, and only if no run that
 * was read after that borrows it. A run that has planned earlier to take it over is among these runs; one that plans
 * later finds the record and reads its inputs. So there is no moment at which a borrowed object could be removed.
 */
export function planRemovals(runs: readonly PrunableRun[], graceMs: number, nowMs: number): Removal[] {
  const borrowed = findBorrowed(runs, isGivenUp);
  const isOld = ({ modifiedMs }: StoredObject) => nowMs - modifiedMs >= graceMs;
  return runs.flatMap((run) => {
    const made = new Map(run.tasks.map((task) => [task.id, task.made === null ? null : keySet(task.made)]));
    const whyRemoved = (object: OwnedObject): Removal['why'] | null => {
      if (borrowed.has(object.key)) return null;
      if (isExpiredObject(run, object)) return 'expired';
      // Another try has committed the task, so that the one which made this never can, even if its worker was only
      // stopped and goes on. Of a task that is open, it may be the object of a try that is still alive.
      return made.get(object.task)?.has(object.key) === false && isOld(object) ? 'orphan' : null;
    };
    const removal = ({ key, sizeBytes }: StoredObject, why: Removal['why'] | null): Removal[] =>
      why === null ? [] : [{ run: run.run, key, sizeBytes, why }];
    return [
      ...run.objects.flatMap((object) => removal(object, whyRemoved(object))),
      ...run.drafts.flatMap((draft) => removal(draft, isOld(draft) ? 'draft' : null)),
    ];
  });
}

/** An object of a run that has expired, but that another run borrows. */
export interface Held extends Pick<Removal, 'run' | 'key' | 'sizeBytes'> {
  readonly borrower: string;
}

export function findHeld(runs: readonly PrunableRun[], expired: ReadonlySet<string>): Held[] {
  const borrowed = findBorrowed(runs, isGivenUp);
  return runs.flatMap(({ run, objects }) =>
    objects.flatMap(({ key, sizeBytes }) => {
      const borrower = expired.has(run) ? borrowed.get(key) : undefined;
      return borrower === undefined ? [] : [{ run, key, sizeBytes, borrower }];
    }),
  );
}

/** A run that was retried in the moment in which it was given up goes on, and keeps what it has. */
function isGivenUp({ status, pruned }: PrunableRun): boolean {
  return pruned.size > 0 && TERMINAL_STATUSES.includes(status);
}

function isExpiredObject(run: PrunableRun, { task, isRejects }: OwnedObject): boolean {
  return isGivenUp(run) && run.pruned.has(task) && !(isRejects && run.status === 'published');
}

function keySet({ rows, rejects }: DataKeys): ReadonlySet<string> {
  return new Set([...rows, ...rejects]);
}

/** What was removed, or would be, and what stays. */
export interface Pruning {
  readonly removals: readonly Removal[];
  readonly held: readonly Held[];
  /** By run. */
  readonly kept: ReadonlyMap<string, Kept>;
}
