import type { BatchReference } from './batch.ts';
import type { Manifest } from './manifest.ts';
import type { SourceType } from './pipeline.ts';
import type { Plan } from './plan.ts';
import type { RejectReason } from './reject.ts';
import type { MendedRecords, ReplayRequest } from './replay.ts';
import type { ExtractTask, RejectsPart } from './task.ts';

/** A published run that has something to say about rejected records: the root, or a replay of it. */
export interface ReplayLayer {
  readonly plan: Plan;
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Null for the root. */
  readonly replay: ReplayRequest | null;
}

export type ReplayChoice = Pick<ReplayRequest, 'reasons' | 'sources' | 'mended'>;

/** Rejected records of one task that no later replay has taken, for one or more reasons. */
export interface PendingPart extends RejectsPart {
  readonly source: string;
  readonly type: SourceType;
  /** Where each table of a source is read on its own (SQLite), else null. */
  readonly table: string | null;
  readonly run: string;
  readonly task: string;
  readonly reasons: readonly RejectReason[];
  readonly byReason: Readonly<Partial<Record<RejectReason, number>>>;
}

/**
 * Whether a reject kept all that it takes to read it again. Of a record that is too large only the beginning is
 * kept, and of SQLite's text that cannot be decoded only what the driver made of it.
 */
export function isReplayable(type: SourceType, reason: RejectReason): boolean {
  return reason !== 'record_too_large' && !(type === 'sqlite' && reason === 'invalid_utf8');
}

/**
 * The rejects that are still to be accepted: those of the root, and of its replays, without what a later replay read.
 * What a replay read and refused again is among its own rejects. All is known from plans and manifests; no record is
 * looked at.
 * @param layers the root, then its published replays in their order
 */
export function pendingRejects(layers: readonly ReplayLayer[]): PendingPart[] {
  return layers.flatMap((layer, index) => {
    const later = layers.slice(index + 1).flatMap(({ replay }) => replay ?? []);
    return layer.plan.tasks.flatMap((task) => {
      // What a replay reads besides rejects, to join them with, is no part of it.
      if (task.kind !== 'extract' || (layer.replay !== null && task.read.kind !== 'rejects')) return [];
      return pendingOf(layer, task, later) ?? [];
    });
  });
}

function pendingOf(
  { plan, manifests }: ReplayLayer,
  task: ExtractTask,
  later: readonly ReplayRequest[],
): PendingPart | null {
  const rejects = manifests.get(task.id)?.extracted?.rejects;
  const type = plan.sources.find(({ name }) => name === task.source)?.type;
  if (rejects === undefined || rejects.records === 0 || type === undefined) return null;
  const { source } = task;
  const table = type === 'sqlite' ? (task.tables[0] ?? null) : null;
  const byReason: Partial<Record<RejectReason, number>> = {};
  for (const [reason, count] of Object.entries(rejects.byReason) as [RejectReason, number][]) {
    const part = { source, type };
    if (later.some((replay) => replay.mended === null && chooses(replay, part, reason))) continue;
    const mended = later.reduce(
      (sum, replay) => sum + takenFrom(replay.mended, plan.run, task.id, reason),
      0,
    );
    if (count > mended) byReason[reason] = count - mended;
  }
  const reasons = Object.keys(byReason) as RejectReason[];
  if (reasons.length === 0) return null;
  const except = later.flatMap(({ mended }) => mendedBatches(mended, source, table));
  const { batches } = rejects;
  const records = sum(Object.values(byReason));
  return { source, type, table, run: plan.run, task: task.id, batches, reasons, except, records, byReason };
}

/** What a replay of this choice reads; a reason that cannot be replayed is never chosen. */
function chooses(
  { reasons, sources }: Pick<ReplayChoice, 'reasons' | 'sources'>,
  { source, type }: Pick<PendingPart, 'source' | 'type'>,
  reason: RejectReason,
): boolean {
  return isReplayable(type, reason) && isWanted({ reasons, sources }, source, reason);
}

export function isWanted(
  { reasons, sources }: Pick<ReplayChoice, 'reasons' | 'sources'>,
  source: string,
  reason: RejectReason,
): boolean {
  return (reasons?.includes(reason) ?? true) && (sources?.includes(source) ?? true);
}

function takenFrom(mended: MendedRecords | null, run: string, task: string, reason: RejectReason): number {
  const taken = mended?.taken.filter((one) => one.run === run && one.task === task && one.reason === reason);
  return sum((taken ?? []).map(({ records }) => records));
}

function mendedBatches(
  mended: MendedRecords | null,
  source: string,
  table: string | null,
): readonly BatchReference[] {
  return mended?.groups.find((group) => group.source === source && group.table === table)?.batches ?? [];
}

/** Rejected records that are read in the same way, by one or more tasks. */
export interface ReplayGroup {
  readonly source: string;
  readonly table: string | null;
  readonly parts: readonly RejectsPart[];
}

/** What a replay reads, by source, and by table where each is read on its own. Empty when nothing is left for it. */
export function replayGroups(layers: readonly ReplayLayer[], choice: ReplayChoice): ReplayGroup[] {
  if (choice.mended !== null) {
    return choice.mended.groups.map(({ source, table, batches }) => {
      const records = sum(batches.map(({ rows }) => rows));
      return { source, table, parts: [{ batches, reasons: null, except: [], records }] };
    });
  }
  const groups = new Map<string, ReplayGroup & { parts: RejectsPart[] }>();
  for (const part of pendingRejects(layers)) {
    const { source, table, batches, except } = part;
    const reasons = part.reasons.filter((reason) => chooses(choice, part, reason));
    if (reasons.length === 0) continue;
    const records = sum(reasons.map((reason) => part.byReason[reason] ?? 0));
    const key = JSON.stringify([source, table]);
    const group = groups.get(key) ?? { source, table, parts: [] };
    group.parts.push({ batches, reasons, except, records });
    groups.set(key, group);
  }
  return [...groups.values()];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
