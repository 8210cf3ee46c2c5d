import { randomBytes } from 'node:crypto';

import { readExtractRecord } from '../contracts/extract-record-v1.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import {
  decideFates,
  findHeld,
  planGivingUp,
  planRemovals,
  type GivenUp,
  type Kept,
  type PrunableRun,
  type Pruning,
  type Removal,
  type RetentionPolicy,
} from '../core/prune-plan.ts';
import type { PrunedRecord } from '../core/run.ts';
import type { Bucket } from '../ports/bucket.ts';
import { isPruned } from './pruned.ts';
import { readPrunableRuns } from './prunable-runs.ts';
import type { RunStore } from './run-store.ts';

export interface PruneWish {
  readonly policy: RetentionPolicy;
  /** Null means all. */
  readonly pipeline: string | null;
  /** Says what would be removed, and writes nothing. */
  readonly dryRun: boolean;
  /** Who prunes, as it is recorded. */
  readonly by: string;
}

/** Objects removed at a time. */
const PARALLEL_REMOVALS = 16;

/**
 * The only thing that removes data from a bucket, with `removeCancelled`. First it is recorded which tasks are given up,
 * then all runs are read anew, and then what was given up and nobody borrows is removed: at every moment, a run that means
 * to take something over finds the record, or is found. Several at once do no harm; one that was killed is
 * finished by the next.
 * @throws whatever a run that cannot be read throws, before anything is removed
 */
export async function pruneBucket(bucket: Bucket, store: RunStore, wish: PruneWish): Promise<Pruning> {
  const { policy, dryRun } = wish;
  const nowMs = Date.now();
  const isMeant = ({ pipeline }: PrunableRun) => wish.pipeline === null || pipeline === wish.pipeline;
  const before = await readPrunableRuns(bucket, store);
  const fates = decideFates(before, policy, nowMs);
  const meant = before.filter(isMeant).map(({ run }) => run);
  const expired = new Set(meant.filter((run) => fates.get(run) === 'expired'));
  const givenUp = planGivingUp(before, expired);
  if (!dryRun) await record(bucket, givenUp, wish.by, nowMs);
  const runs = dryRun ? withGivenUp(before, givenUp) : await readPrunableRuns(bucket, store);
  const inScope = new Set(runs.filter(isMeant).map(({ run }) => run));
  const pruning = {
    removals: planRemovals(runs, policy.graceMs, nowMs).filter(({ run }) => inScope.has(run)),
    held: findHeld(runs, expired),
    kept: new Map(meant.flatMap((run) => keptFate(run, fates.get(run)))),
  };
  if (!dryRun) {
    await removeAll(bucket, pruning.removals);
    for (const pipeline of new Set(runs.filter(isMeant).map((run) => run.pipeline)))
      await forgetPruned(bucket, pipeline);
  }
  return pruning;
}

/**
 * Removes the data of a run that was cancelled, but for what other runs have taken over. Workers that have not yet
 * noticed may write some more, which `millrace prune` finds.
 */
export async function removeCancelled(
  bucket: Bucket,
  store: RunStore,
  run: string,
  by: string,
): Promise<readonly Removal[]> {
  const nowMs = Date.now();
  await record(bucket, planGivingUp(await readPrunableRuns(bucket, store), new Set([run])), by, nowMs);
  const runs = await readPrunableRuns(bucket, store);
  const own = planRemovals(runs, Number.POSITIVE_INFINITY, nowMs).filter((removal) => removal.run === run);
  await removeAll(bucket, own);
  return own;
}

async function record(bucket: Bucket, givenUp: readonly GivenUp[], by: string, nowMs: number): Promise<void> {
  for (const { run, tasks } of givenUp) {
    const key = bucketLayout.pruned(run, randomBytes(4).toString('hex'));
    const content: PrunedRecord = { v: 1, run, tasks, by, prunedAt: new Date(nowMs).toISOString() };
    await bucket.createIfAbsent(key, writeJson(content));
  }
}

function withGivenUp(runs: readonly PrunableRun[], givenUp: readonly GivenUp[]): PrunableRun[] {
  const tasks = new Map(givenUp.map((one) => [one.run, one.tasks]));
  return runs.map((run) => ({ ...run, pruned: new Set([...run.pruned, ...(tasks.get(run.run) ?? [])]) }));
}

function keptFate(run: string, fate: Kept | 'expired' | undefined): [string, Kept][] {
  return fate === undefined || fate === 'expired' ? [] : [[run, fate]];
}

async function removeAll(bucket: Bucket, removals: readonly Removal[]): Promise<void> {
  for (let at = 0; at < removals.length; at += PARALLEL_REMOVALS)
    await Promise.all(removals.slice(at, at + PARALLEL_REMOVALS).map(({ key }) => bucket.remove(key)));
  // Folders of ended runs only: a writer of a run that goes on may have made its folder this moment.
  const expired = removals.filter(({ why }) => why === 'expired');
  const folders = new Set(expired.flatMap(({ run, key }) => foldersOf(bucketLayout.run(run), key)));
  for (const folder of [...folders].sort((one, other) => other.length - one.length))
    await bucket.remove(folder);
}

/** The folders in which an object stands, within its run. */
function foldersOf(run: string, key: string): string[] {
  const names = key.slice(run.length).split('/').slice(0, -1);
  return names.map((_, index) => `${run}${names.slice(0, index + 1).join('/')}/`);
}

/** Pointers to what was removed. One that is replaced at this moment may go too: then something is read once more. */
async function forgetPruned(bucket: Bucket, pipeline: string): Promise<void> {
  for (const key of await bucket.list(bucketLayout.extracts(pipeline))) {
    const content = key.endsWith('/') ? null : await bucket.read(key);
    if (content === null) continue;
    const { run, task } = readExtractRecord(content, key);
    if (await isPruned(bucket, run, task)) await bucket.remove(key);
  }
}
