import { randomBytes } from 'node:crypto';

import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { fail } from '@millrace/shared/core/errors';
import type { RejectReason } from '@millrace/shared/core/reject';
import type { MendedRecords, ReplayRequest } from '@millrace/shared/core/replay';
import {
  isReplayable,
  isWanted,
  pendingRejects,
  replayGroups,
  type PendingPart,
  type ReplayLayer,
} from '@millrace/shared/core/replay-scope';
import type { Plan } from '@millrace/shared/core/plan';
import { TERMINAL_STATUSES, type RunStatus } from '@millrace/shared/core/status';
import type { Config } from '@millrace/shared/runtime/config';
import type { Deployed } from '@millrace/shared/runtime/deploy';
import { readReplayHistory, readReplayLayers } from '@millrace/shared/runtime/replay-history';

import { sum } from '@millrace/shared/core/report/run-view';
import type { FoundRun } from '../find-run.ts';
import { withEngine } from '@millrace/shared/runtime/with-engine';
import { requireKnown } from '@millrace/shared/runtime/read-rejects';
import { chooseMended, type ChosenRecords } from './choose-mended.ts';
import { findMendedPipeline } from './find-mended-pipeline.ts';

/** What a person wants to have replayed. */
export interface ReplayWish {
  /** Null means all. */
  readonly reasons: readonly RejectReason[] | null;
  readonly sources: readonly string[] | null;
  /** A file of mended records, else null. */
  readonly from: string | null;
  /** The mended pipeline, where it is not in the folder of the run. */
  readonly pipeline: string | undefined;
}

export interface PreparedReplay {
  /** The run that the rejects are of. */
  readonly root: string;
  /** How many records were refused by the root, and how many of them are still to be accepted. */
  readonly rejected: number;
  readonly left: number;
  /** How many the replay would read. */
  readonly records: number;
  /** Wanted, but not kept whole. */
  readonly notReplayable: number;
  /** Null when there is nothing to be read. */
  readonly request: (Deployed & { readonly replay: ReplayRequest }) | null;
}

/**
 * Decides what a replay reads, and that it can be run. Writes nothing but mended records, and the pipeline as it is now.
 * Throws `replay_running`, `replay_impossible`, `mended_invalid`, `usage`.
 */
export async function prepareReplay(
  config: Config,
  { bucket, store, run }: FoundRun,
  wish: ReplayWish,
): Promise<PreparedReplay> {
  const found = await store.load(run);
  const root = found.request.replay?.root ?? run;
  const { plan, status, manifests } = await store.load(root);
  if (plan === null || status !== 'published') throw notPublished(root, status);
  requireSources(plan, wish.sources);
  const { next, after } = await readReplayHistory(bucket, store, root);
  const layers = await readReplayLayers(store, { root, after });
  const pending = pendingRejects(layers);
  const facts = {
    root,
    rejected: sum(manifests.values(), ({ extracted }) => extracted?.rejects.records ?? 0),
    left: sum(pending, ({ records }) => records),
  };
  const base = { root, sequence: next, after, reasons: wish.reasons, sources: wish.sources };
  const prepare = async (choice: Choice): Promise<PreparedReplay> => {
    const { records, notReplayable } = choice;
    if (records === 0) return { ...facts, records, notReplayable, request: null };
    const deployed = await findMendedPipeline(plan, wish.pipeline, config);
    const probe: ReplayRequest = { ...base, mended: choice.mendedGroups };
    await requirePossible(store, deployed, probe, layers);
    const replay: ReplayRequest = { ...base, mended: await choice.store() };
    return { ...facts, records, notReplayable, request: { ...deployed, replay } };
  };
  const { from } = wish;
  if (from === null) return prepare(chooseByReason(layers, pending, wish));
  return withEngine(config, async (engine) => {
    const chosen = await chooseMended(engine, bucket, pending, from);
    return prepare(choiceOf(chosen, () => chosen.store(bucket, root, randomBytes(4).toString('hex'))));
  });
}

interface Choice {
  readonly records: number;
  readonly notReplayable: number;
  /** Of which sources mended records are, before they are stored. */
  readonly mendedGroups: MendedRecords | null;
  store(): Promise<MendedRecords | null>;
}

function chooseByReason(
  layers: readonly ReplayLayer[],
  pending: readonly PendingPart[],
  { reasons, sources }: ReplayWish,
): Choice {
  const groups = replayGroups(layers, { reasons, sources, mended: null });
  return {
    records: sum(groups, ({ parts }) => sum(parts, ({ records }) => records)),
    notReplayable: sum(pending, ({ type, source, byReason }) =>
      sum(Object.entries(byReason) as [RejectReason, number][], ([reason, count]) =>
        isWanted({ reasons, sources }, source, reason) && !isReplayable(type, reason) ? count : 0,
      ),
    ),
    mendedGroups: null,
    store: () => Promise.resolve(null),
  };
}

function choiceOf({ groups, ...counts }: ChosenRecords, store: Choice['store']): Choice {
  const withoutBatches = groups.map((group) => ({ ...group, batches: [] }));
  return { ...counts, mendedGroups: { groups: withoutBatches, taken: [] }, store };
}

function requireSources({ sources }: Plan, wanted: readonly string[] | null): void {
  const known = sources.map(({ name }) => name);
  for (const source of wanted ?? []) requireKnown('source', source, known);
}

/** Asked before anything is claimed or run; the planner would refuse it too. */
async function requirePossible(
  store: FoundRun['store'],
  { pipeline, bundle }: Deployed,
  request: ReplayRequest,
  layers: readonly ReplayLayer[],
): Promise<void> {
  // It brings DuckDB and all readers along.
  const { narrowToReplay } = await import('@millrace/sources/plan/replay-pipeline');
  await narrowToReplay(compilePipeline(await store.bundle(pipeline, bundle)), { request, layers });
}

function notPublished(root: string, status: RunStatus): Error {
  const ended = TERMINAL_STATUSES.includes(status);
  return fail('replay_impossible', {
    message: ended
      ? `Run ${root} ${status === 'failed' ? 'has failed' : 'was cancelled'} and published nothing: there is no history that its rejected records could join.`
      : `Run ${root} is ${status}: what it rejects is not known before it is published.`,
    where: `run ${root}`,
    hint: ended
      ? 'Mend the data or the pipeline, and run it again as a whole with `millrace run`.'
      : `Wait for it: \`millrace watch ${root}\`.`,
  });
}
