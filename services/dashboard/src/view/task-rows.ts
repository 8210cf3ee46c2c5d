import { jobId } from '@millrace/shared/core/bucket-layout';
import type { Manifest } from '@millrace/shared/core/manifest';
import type { Plan } from '@millrace/shared/core/plan';
import { rowsOf } from '@millrace/shared/core/report/run-report';
import { sum, type RunView } from '@millrace/shared/core/report/run-view';
import { STAGE_OF, type Stage, type Task } from '@millrace/shared/core/task';
import { TERMINAL_STATUSES } from '@millrace/shared/core/status';
import type { RunAtWorkers } from '@millrace/shared/runtime/worker-feed';

import type { TaskRow, TaskState } from '../api/task.ts';

/** A task that a worker does now, and which worker. */
export type TaskAtWorker = RunAtWorkers['inFlight'][number] & { readonly worker: string };

export interface TasksSeen {
  readonly inFlight: readonly TaskAtWorker[];
  readonly heldUp: RunAtWorkers['heldUp'];
}

/** The rows of a run's tasks, each with the version at which it last changed. */
export interface TaskTable {
  /** Takes in a later state of the same run. @returns the version, which grows when any row has changed */
  update(run: RunView, seen: TasksSeen): number;
  /** Rows that changed after this version, in the order of the plan. */
  since(version: number): TaskRow[];
  version(): number;
  /** Of the job that has done a task, else of the first. */
  generation(task: string): number;
  /** Takes in what the queue knows of a task's job. */
  setJob(task: string, job: Pick<TaskRow, 'attempts' | 'job_url'>): void;
}

export function createTaskTable(): TaskTable {
  const known = new Map<string, { row: TaskRow; version: number; final: boolean }>();
  const jobs = new Map<string, Pick<TaskRow, 'attempts' | 'job_url'>>();
  const generations = new Map<string, number>();
  let version = 0;
  return {
    update(run, seen) {
      const { plan } = run;
      if (plan === null) return version;
      const describe = rowWriter(run, plan, seen);
      const next = version + 1;
      for (const [index, task] of plan.tasks.entries()) {
        const before = known.get(task.id);
        // A manifest never changes, so what it says is written once.
        if (before?.final === true) continue;
        const row = { ...describe(task, index), ...jobs.get(task.id) };
        generations.set(task.id, run.manifests.get(task.id)?.generation ?? 1);
        if (before !== undefined && isSame(before.row, row)) continue;
        known.set(task.id, { row, version: next, final: row.state === 'done' });
        version = next;
      }
      return version;
    },
    since: (after) =>
      [...known.values()]
        .flatMap((entry) => (entry.version > after ? [entry.row] : []))
        .sort((a, b) => a.index - b.index),
    version: () => version,
    generation: (task) => generations.get(task) ?? 1,
    setJob(task, job) {
      jobs.set(task, job);
      const entry = known.get(task);
      if (entry === undefined || isSame(entry.row, { ...entry.row, ...job })) return;
      version += 1;
      known.set(task, { ...entry, row: { ...entry.row, ...job }, version });
    },
  };
}

function isSame(one: TaskRow, other: TaskRow): boolean {
  return (Object.keys(one) as (keyof TaskRow)[]).every((key) => one[key] === other[key]);
}

function rowWriter(run: RunView, plan: Plan, seen: TasksSeen): (task: Task, index: number) => TaskRow {
  const working = new Map(seen.inFlight.map((task) => [task.task, task]));
  const heldUp = new Map(seen.heldUp.map((task) => [task.task, task.message]));
  const isEnded = TERMINAL_STATUSES.includes(run.status);
  const failure = run.status === 'failed' ? run.failure : null;

  function stateOf(task: Task): TaskState {
    if (run.manifests.has(task.id)) return failure?.task === task.id ? 'failed' : 'done';
    if (failure?.task === task.id) return 'failed';
    if (run.status === 'cancelled') return 'cancelled';
    if (working.has(task.id)) return 'running';
    return task.dependsOn.every((id) => run.manifests.has(id)) ? 'ready' : 'waiting';
  }

  return (task, index) => {
    const manifest = run.manifests.get(task.id);
    const atWorker = manifest === undefined && !isEnded ? working.get(task.id) : undefined;
    const stage = STAGE_OF[task.kind];
    return {
      id: task.id,
      index,
      kind: task.kind,
      stage,
      subject: subjectOf(task, plan),
      state: stateOf(task),
      worker: manifest?.worker ?? atWorker?.worker ?? null,
      started_at: manifest?.startedAt ?? atWorker?.startedAt ?? null,
      finished_at: manifest?.finishedAt ?? null,
      ...amountsOf(manifest, atWorker),
      attempts: null,
      message: failure?.task === task.id ? failure.error.message : (heldUp.get(task.id) ?? null),
      job_url: jobUrl(stage, jobId(run.request.run, task.id, manifest?.generation ?? 1, run.round)),
    };
  };
}

function amountsOf(manifest: Manifest | undefined, atWorker: TaskAtWorker | undefined) {
  if (manifest === undefined)
    return {
      rows: atWorker?.rows ?? 0,
      rejected: atWorker?.rejected ?? 0,
      batches: atWorker?.batches ?? 0,
      size_bytes: 0,
    };
  return {
    rows: rowsOf(manifest),
    rejected: manifest.extracted?.rejects.records ?? 0,
    batches: sum(manifest.outputs, ({ batches }) => batches.length),
    size_bytes: sizeOf(manifest),
  };
}

/** Of the objects with rows that a task has stored. */
export function sizeOf({ outputs }: Manifest): number {
  return sum(outputs, ({ batches }) => sum(batches, ({ bytes }) => bytes));
}

function subjectOf(task: Task, plan: Plan): string {
  switch (task.kind) {
    case 'extract':
      return task.source;
    case 'model':
      return task.model;
    case 'check':
      return task.table;
    case 'load':
      return plan.destinations[task.destination]?.path ?? String(task.destination);
  }
}

/** Where bull-board shows a job. */
export function jobUrl(stage: Stage, job: string): string {
  return `/queues/queue/${stage}/${encodeURIComponent(job)}`;
}
