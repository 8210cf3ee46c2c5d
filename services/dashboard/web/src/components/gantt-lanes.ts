import type { TaskRow } from '../../../src/api/task.ts';

export interface Bar {
  readonly task: TaskRow;
  readonly startMs: number;
  readonly endMs: number;
}

/** What one worker did; more than one line where it did several things at once. */
export interface Lane {
  readonly worker: string;
  readonly stage: TaskRow['stage'];
  readonly lines: readonly (readonly Bar[])[];
}

export function ganttLanes(tasks: readonly TaskRow[], nowMs: number): readonly Lane[] {
  const byWorker = new Map<string, Bar[]>();
  for (const task of tasks) {
    if (task.started_at === null) continue;
    const startMs = Date.parse(task.started_at);
    const open = task.state === 'running' ? nowMs : startMs;
    const endMs = task.finished_at === null ? open : Date.parse(task.finished_at);
    const bar = { task, startMs, endMs: Math.max(endMs, startMs) };
    const worker = task.worker ?? 'no longer known';
    const bars = byWorker.get(worker);
    if (bars === undefined) byWorker.set(worker, [bar]);
    else bars.push(bar);
  }
  const order = ['extract', 'transform', 'load'];
  return [...byWorker]
    .map(([worker, bars]) => ({ worker, stage: bars[0]?.task.stage ?? 'extract', lines: inLines(bars) }))
    .sort((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage) || a.worker.localeCompare(b.worker));
}

/** Each bar in the first line that is free when it begins. */
function inLines(bars: readonly Bar[]): readonly (readonly Bar[])[] {
  const lines: Bar[][] = [];
  for (const bar of [...bars].sort((a, b) => a.startMs - b.startMs)) {
    const free = lines.find((line) => (line.at(-1)?.endMs ?? 0) <= bar.startMs);
    if (free === undefined) lines.push([bar]);
    else free.push(bar);
  }
  return lines;
}

const STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000,
];

/** Round distances from the start for the axis, at most about `count` of them. */
export function axisSteps(spanMs: number, count: number): readonly number[] {
  const step = STEPS_MS.find((candidate) => spanMs / candidate <= count) ?? spanMs;
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => index * step);
}
