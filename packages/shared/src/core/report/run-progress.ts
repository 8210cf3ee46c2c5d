import type { Plan } from '../plan.ts';
import type { RunStatus } from '../status.ts';
import { STAGES, type Stage, type Task } from '../task.ts';

import { rowsOf } from './run-report.ts';
import { manifestsOf, sum, tasksOf, type RunView } from './run-view.ts';
import type { WaitReport } from './wait-report.ts';

/** A task that some worker does now, with what it has told of it so far. */
export interface TaskInFlight {
  readonly task: string;
  readonly rows: number;
  readonly rejected: number;
  readonly batches: number;
}

export interface StageProgress {
  readonly stage: Stage;
  readonly tasksDone: number;
  readonly tasksRunning: number;
  /** Null until the run is planned. */
  readonly tasksTotal: number | null;
  readonly batches: number;
  readonly rows: number;
  readonly rejected: number;
  /** 0 to 1, by the size of the inputs where that is known. */
  readonly fraction: number;
  /** Null while nothing moves. */
  readonly rowsPerSecond: number | null;
  /** Null while there is too little to judge by. */
  readonly leftMs: number | null;
}

export interface RunProgress {
  readonly run: string;
  readonly pipeline: string;
  readonly status: RunStatus;
  readonly waiting: WaitReport | null;
  /** Since this observer began to look. */
  readonly elapsedMs: number;
  readonly stages: readonly StageProgress[];
}

/** A rate over less time jumps about; over more it lags behind. */
const RATE_WINDOW_MS = 4000;
/** An estimate from less than this would mislead. */
const LEAST_ELAPSED_MS = 2000;
const LEAST_FRACTION = 0.03;

interface Sample {
  readonly atMs: number;
  readonly rows: number;
}

interface StageHistory {
  samples: Sample[];
  startedAtMs: number | null;
}

/**
 * Turns successive states of one run into progress with rates and time left.
 * @returns a function to call with each new state and the time in milliseconds of any steady clock
 */
export function createProgressMeter(): (
  run: RunView,
  inFlight: readonly TaskInFlight[],
  nowMs: number,
  waiting?: WaitReport | null,
) => RunProgress {
  const histories = new Map<Stage, StageHistory>();
  let firstMs: number | null = null;
  return (run, inFlight, nowMs, waiting = null) => {
    firstMs ??= nowMs;
    const stages = STAGES.map((stage) => {
      const history = histories.get(stage) ?? { samples: [], startedAtMs: null };
      histories.set(stage, history);
      return withSpeed(measureStage(run, inFlight, stage), history, nowMs);
    });
    return {
      run: run.request.run,
      pipeline: run.request.pipeline,
      status: run.status,
      waiting,
      elapsedMs: nowMs - firstMs,
      stages,
    };
  };
}

function measureStage(
  run: RunView,
  inFlight: readonly TaskInFlight[],
  stage: Stage,
): Omit<StageProgress, 'rowsPerSecond' | 'leftMs'> {
  const tasks = tasksOf(run.plan, stage);
  const manifests = manifestsOf(run, stage);
  const open = new Map(tasks.filter((task) => !run.manifests.has(task.id)).map((task) => [task.id, task]));
  const running = inFlight.filter((task) => open.has(task.task));
  return {
    stage,
    tasksDone: manifests.length,
    tasksRunning: running.length,
    tasksTotal: run.plan === null ? null : tasks.length,
    batches:
      sum(manifests, (manifest) => sum(manifest.outputs, (output) => output.batches.length)) +
      sum(running, (task) => task.batches),
    rows: sum(manifests, rowsOf) + sum(running, (task) => task.rows),
    rejected:
      sum(manifests, (manifest) => manifest.extracted?.rejects.records ?? 0) +
      sum(running, (task) => task.rejected),
    fraction: run.plan === null ? 0 : measureFraction(run.plan, run.manifests, tasks, running),
  };
}

/**
 * Tasks count by the bytes they read. What a running task has done is judged by the rows it will have in the end,
 * as far as they can be foreseen; otherwise it counts as not begun.
 */
function measureFraction(
  plan: Plan,
  manifests: RunView['manifests'],
  tasks: readonly Task[],
  running: readonly TaskInFlight[],
): number {
  const weights = new Map(tasks.map((task) => [task.id, taskBytes(plan, task)]));
  const total = sum(weights.values(), (weight) => weight);
  if (total === 0) return tasks.length === 0 ? 0 : 1;
  const done = tasks.filter((task) => manifests.has(task.id));
  const doneWeight = sum(done, (task) => weights.get(task.id) ?? 0);
  const doneRows = sum(
    done.flatMap((task) => manifests.get(task.id) ?? []),
    rowsOf,
  );
  const begun = sum(running, ({ task: id, rows }) => {
    const weight = weights.get(id) ?? 0;
    const isLoad = tasks.some((task) => task.id === id && task.kind === 'load');
    const expected = isLoad
      ? rowsToLoad(plan, manifests)
      : doneWeight === 0
        ? 0
        : (doneRows / doneWeight) * weight;
    return expected === 0 ? 0 : weight * Math.min(0.95, rows / expected);
  });
  return Math.min(1, (doneWeight + begun) / total);
}

function rowsToLoad(plan: Plan, manifests: RunView['manifests']): number {
  const loaded = new Set(plan.models.filter((model) => model.load !== null).map((model) => model.name));
  return sum(manifests.values(), ({ outputs }) =>
    sum(outputs, (output) => (loaded.has(output.table) ? output.rows : 0)),
  );
}

/** Tasks that read no input count the same, whatever they read. */
function taskBytes(plan: Plan, task: Task): number {
  if (task.kind !== 'extract') return 1;
  const { read } = task;
  if (read.kind === 'files') {
    return sum(
      read.slices,
      ({ input, start, end }) => (end ?? plan.inputs[input]?.sizeBytes ?? start + 1) - start,
    );
  }
  if (read.kind === 'rejects') return sum(read.parts, ({ batches }) => sum(batches, ({ bytes }) => bytes));
  const sharing = plan.tasks.filter(
    (other) => other.kind === 'extract' && other.read.kind === 'relation' && other.read.input === read.input,
  );
  return (plan.inputs[read.input]?.sizeBytes ?? 1) / sharing.length;
}

function withSpeed(
  progress: Omit<StageProgress, 'rowsPerSecond' | 'leftMs'>,
  history: StageHistory,
  nowMs: number,
): StageProgress {
  const isDone = progress.tasksDone === progress.tasksTotal;
  const isActive = !isDone && (progress.tasksRunning > 0 || progress.rows > 0);
  if (!isActive) return { ...progress, rowsPerSecond: null, leftMs: null };
  history.startedAtMs ??= nowMs;
  history.samples.push({ atMs: nowMs, rows: progress.rows });
  while ((history.samples[1]?.atMs ?? nowMs) < nowMs - RATE_WINDOW_MS) history.samples.shift();
  return {
    ...progress,
    rowsPerSecond: rate(history.samples),
    leftMs: timeLeft(progress.fraction, nowMs - history.startedAtMs),
  };
}

function rate(samples: readonly Sample[]): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < 500) return null;
  // A task that failed and starts again takes its rows back; a negative rate would tell nobody that.
  return Math.max(0, ((last.rows - first.rows) * 1000) / (last.atMs - first.atMs));
}

function timeLeft(fraction: number, elapsedMs: number): number | null {
  if (elapsedMs < LEAST_ELAPSED_MS || fraction < LEAST_FRACTION) return null;
  return (elapsedMs * (1 - fraction)) / fraction;
}
