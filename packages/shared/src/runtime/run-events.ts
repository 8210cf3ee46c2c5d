import { createHash } from 'node:crypto';

import { runEvent, taskEvent, titleOf, type LineageMoment } from '../core/lineage-event.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import { reportChecks } from '../core/report/check-report.ts';
import type { Task } from '../core/task.ts';
import type { Config } from './config.ts';
import { openEventOutbox, type EventOutbox } from './event-outbox.ts';
import type { Logger } from './logger.ts';
import type { RunState, RunStore } from './run-store.ts';

/**
 * Tells others what becomes of runs: OpenLineage events, and a webhook for runs that failed or recovered. Every method
 * returns at once and throws nothing; an event may be sent twice, or be lost with its process.
 */
export interface RunEvents {
  planned(plan: Plan, round: number): void;
  taskStarted(plan: Plan, task: Task, round: number): void;
  taskDone(plan: Plan, task: Task, round: number): void;
  /** A run was published, has failed or was cancelled; of one that goes on, as after the first of its loads, nothing is told. */
  ended(run: string): void;
  /** Sends what waits, for a bounded time. */
  close(): Promise<void>;
}

/** Null when nobody has asked for events. */
export function openRunEvents(
  { eventsTo, webhookUrl }: Pick<Config, 'eventsTo' | 'webhookUrl'>,
  store: RunStore,
  logger: Pick<Logger, 'warn'>,
): RunEvents | null {
  const lineage = eventsTo === null ? null : openEventOutbox(eventsTo, logger);
  const webhook = webhookUrl === null ? null : openEventOutbox(webhookUrl, logger);
  if (lineage === null && webhook === null) return null;
  const retries = new Set<string>();
  const tell = (plan: Plan, task: Task, moment: Omit<LineageMoment, 'uuid' | 'error'>) => {
    if (task.kind === 'model' || task.kind === 'check')
      lineage?.add(() => makeTaskEvent(store, plan, task, moment));
  };
  return {
    planned: (plan, round) =>
      lineage?.add(() =>
        Promise.resolve(
          runEvent(plan, new Map(), { ...at('START', plan.plannedAt, round), error: null, uuid }),
        ),
      ),
    taskStarted: (plan, task, round) => {
      const moment = at('START', new Date().toISOString(), round);
      if (round > 1) lineage?.add(() => startOfRetry(store, retries, plan, task, moment));
      tell(plan, task, moment);
    },
    taskDone: (plan, task, round) => tell(plan, task, at('COMPLETE', new Date().toISOString(), round)),
    ended: (run) => {
      lineage?.add(() => endOfRun(store, run));
      if (lineage !== null) addFailedTask(lineage, store, run);
      webhook?.add(() => makeNotice(store, run));
    },
    close: async () => {
      await Promise.all([lineage?.close(), webhook?.close()]);
    },
  };
}

function at(type: LineageMoment['type'], time: string, round: number) {
  return { type, at: time, round };
}

/** A UUID of version 8, made of a hash: the processes of a run must call it the same without asking each other. */
function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

async function makeTaskEvent(
  store: RunStore,
  plan: Plan,
  task: Extract<Task, { kind: 'model' | 'check' }>,
  moment: Omit<LineageMoment, 'uuid' | 'error'>,
): Promise<object> {
  const manifests = await store.manifests(plan.run, [...task.dependsOn, task.id]);
  const failed = (manifests.get(task.id)?.checked?.results ?? []).filter(({ status }) => status === 'error');
  const isFailed = moment.type === 'COMPLETE' && failed.length > 0;
  const message = `${failed.map(({ check }) => check).join(', ')}`;
  const error = isFailed ? ({ code: 'check_failed', message, where: null, hint: null } as const) : null;
  return taskEvent(plan, task, manifests, { ...moment, type: isFailed ? 'FAIL' : moment.type, error, uuid });
}

const TYPES = { published: 'COMPLETE', failed: 'FAIL', cancelled: 'ABORT' } as const;

async function endOfRun(store: RunStore, run: string): Promise<object | null> {
  const state = await store.load(run);
  const { plan, manifests, status, round, failure } = state;
  if (plan === null || (status !== 'published' && status !== 'failed' && status !== 'cancelled')) return null;
  const error = status === 'failed' ? (failure?.error ?? null) : null;
  return runEvent(plan, manifests, { ...at(TYPES[status], endOf(state), round), error, uuid });
}

/**
 * A command begins a retry, and sends nothing: so its start is told by whoever tries the task again that had failed. One
 * that had a manifest already (it failed for what it found) is not; then every process tells it once.
 * @param told rounds that this process has told
 */
async function startOfRetry(
  store: RunStore,
  told: Set<string>,
  plan: Plan,
  task: Task,
  moment: Omit<LineageMoment, 'uuid' | 'error'>,
): Promise<object | null> {
  const key = `${plan.run}/${moment.round}`;
  if (told.has(key)) return null;
  const failure = await store.failure(plan.run, moment.round - 1);
  const failed = failure?.task ?? null;
  if (failure !== null && failed !== null && failed !== task.id) {
    const found = await store.manifest(plan.run, failed);
    if (found === null || found.finishedAt > failure.failedAt) return null;
  }
  told.add(key);
  return runEvent(plan, new Map(), { ...moment, error: null, uuid });
}

/** Of a task that ended its run: one with a manifest has told its end itself. */
function addFailedTask(lineage: EventOutbox, store: RunStore, run: string): void {
  lineage.add(async () => {
    const { plan, manifests, failure, round, status } = await store.load(run);
    const task = plan?.tasks.find(({ id }) => id === failure?.task);
    const isTold = task !== undefined && manifests.has(task.id);
    if (plan === null || failure === null || status !== 'failed' || isTold) return null;
    if (task?.kind !== 'model' && task?.kind !== 'check') return null;
    return taskEvent(plan, task, manifests, {
      ...at('FAIL', failure.failedAt, round),
      error: failure.error,
      uuid,
    });
  });
}

function endOf({ failure, decision, manifests, status }: RunState): string {
  if (status === 'failed' && failure !== null) return failure.failedAt;
  if (status === 'cancelled' && decision !== null) return decision.decidedAt;
  const times = [...manifests.values()].map(({ finishedAt }: Manifest) => finishedAt);
  return times.sort().at(-1) ?? new Date().toISOString();
}

/** What the webhook gets; null for a run that is no news: published after one that was published, or cancelled. */
async function makeNotice(store: RunStore, run: string): Promise<object | null> {
  const state = await store.load(run);
  const { request, status, round, failure } = state;
  const head = { v: 1, run, pipeline: request.pipeline, round, at: endOf(state) };
  if (status === 'failed' && failure !== null) {
    const { code, where } = failure.error;
    const error = { code, message: titleOf(failure.error), where, task: failure.task };
    return { ...head, event: 'run_failed', error, checks_failed: failedChecks(state) };
  }
  if (status !== 'published') return null;
  const failedRun = round > 1 ? run : await failedBefore(store, run, request.pipeline);
  return failedRun === null ? null : { ...head, event: 'run_recovered', failed_run: failedRun };
}

/** With numbers, and without the bad rows. */
function failedChecks(state: RunState) {
  return reportChecks(state)
    .filter(({ status }) => status === 'error')
    .map(({ check, table, bad_rows, rows, message }) => ({ check, table, bad_rows, rows, message }));
}

/** Runs looked through for the one before. */
const RUNS_SEARCHED = 200;

/** The run of the pipeline before this one, if it failed. */
async function failedBefore(store: RunStore, run: string, pipeline: string): Promise<string | null> {
  for (const earlier of (await store.list(RUNS_SEARCHED)).filter((id) => id < run)) {
    if ((await store.request(earlier))?.pipeline !== pipeline) continue;
    const { status } = await store.load(earlier);
    if (status === 'failed') return earlier;
    if (status === 'published') return null;
  }
  return null;
}
