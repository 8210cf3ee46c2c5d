import type { BatchReference } from '../core/batch.ts';
import type { Manifest } from '../core/manifest.ts';
import type { DataKeys, PrunableRun } from '../core/prune-plan.ts';
import { createOwnerFinder } from '../core/stored-object.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { Plan } from '../core/plan.ts';
import type { RunRequest } from '../core/run.ts';
import { TERMINAL_STATUSES } from '../core/status.ts';
import type { ExtractTask } from '../core/task.ts';
import type { Bucket } from '../ports/bucket.ts';
import { readPruned } from './pruned.ts';
import type { RunState, RunStore } from './run-store.ts';

/**
 * All runs of the bucket as they are from now on: an object that a run borrows, or that its plan means to take over, is
 * among those of the answer if the plan was there when this was called. A run that cannot be read is an error: nobody
 * knows what it refers to.
 */
export async function readPrunableRuns(bucket: Bucket, store: RunStore): Promise<PrunableRun[]> {
  const runs: PrunableRun[] = [];
  for (const run of await store.list()) {
    // A run that is being requested at this moment has its folder before its request.
    if ((await store.request(run)) !== null) runs.push(await readPrunableRun(bucket, store, run));
  }
  return runs;
}

async function readPrunableRun(bucket: Bucket, store: RunStore, run: string): Promise<PrunableRun> {
  // Before the state: whoever retries the run does it first and looks for these records then.
  const pruned = await readPruned(bucket, run);
  const state = await store.load(run);
  const { plan, manifests, request, status } = state;
  const stored = await bucket.scan(bucketLayout.run(run));
  const findOwner = plan === null ? () => null : createOwnerFinder(plan);
  const makers = plan?.tasks.filter(({ kind }) => kind !== 'load') ?? [];
  const isOwn = (key: string) => key.startsWith(bucketLayout.run(run));
  const named = dataKeys([...manifests.values(), ...(await wantedManifests(store, plan))]);
  return {
    run,
    pipeline: request.pipeline,
    status,
    endedAt: TERMINAL_STATUSES.includes(status) ? endOf(state) : null,
    tasks: makers.map(({ id }) => {
      const manifest = manifests.get(id);
      return { id, made: manifest === undefined ? null : only(dataKeys([manifest]), isOwn) };
    }),
    borrows: only(
      { rows: named.rows, rejects: [...named.rejects, ...replayedObjects(request, plan)] },
      (key) => !isOwn(key),
    ),
    pruned: new Set(pruned.flatMap(({ tasks }) => tasks)),
    objects: stored.flatMap((object) => findOwner(object) ?? []),
    drafts: stored.filter(({ isDraft }) => isDraft),
  };
}

/** When a run ended; what is written after that is written by its loads. */
function endOf({ request, manifests, failure, decision, status }: RunState): string {
  if (status === 'cancelled' && decision !== null) return decision.decidedAt;
  if (status === 'failed' && failure !== null) return failure.failedAt;
  const times = [...manifests.values()].map(({ finishedAt }) => finishedAt);
  return times.sort().at(-1) ?? request.requestedAt;
}

/** Of the tasks that a plan may take over, whether it has done so or not. */
async function wantedManifests(store: RunStore, plan: Plan | null): Promise<Manifest[]> {
  const wanted = plan?.tasks.flatMap((task) => (task.kind === 'extract' ? (task.reuse ?? []) : [])) ?? [];
  const found: Manifest[] = [];
  for (const { run, task } of wanted) {
    const manifest = await store.manifest(run, task);
    if (manifest !== null) found.push(manifest);
  }
  return found;
}

/** Objects of rejects and mended records that a replay reads. */
function replayedObjects({ replay }: RunRequest, plan: Plan | null): string[] {
  const reads = plan?.tasks.flatMap((task) => (task.kind === 'extract' ? partsOf(task) : [])) ?? [];
  return keysOf([
    ...reads.flatMap(({ batches, except }) => [...batches, ...except]),
    ...(replay?.mended?.groups.flatMap(({ batches }) => batches) ?? []),
  ]);
}

function partsOf({ read }: ExtractTask) {
  return read.kind === 'rejects' ? read.parts : [];
}

function dataKeys(manifests: readonly Manifest[]): DataKeys {
  return {
    rows: keysOf(manifests.flatMap(({ outputs }) => outputs.flatMap(({ batches }) => batches))),
    rejects: keysOf(manifests.flatMap(({ extracted }) => extracted?.rejects.batches ?? [])),
  };
}

function only({ rows, rejects }: DataKeys, isWanted: (key: string) => boolean): DataKeys {
  return { rows: rows.filter(isWanted), rejects: rejects.filter(isWanted) };
}

const keysOf = (batches: readonly BatchReference[]) => batches.map(({ key }) => key);
