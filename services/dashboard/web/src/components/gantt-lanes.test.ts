import { describe, expect, it } from 'vitest';

import type { TaskRow } from '../../../src/api/task.ts';
import { axisSteps, ganttLanes } from './gantt-lanes.ts';

const at = (second: number) => new Date(second * 1000).toISOString();
const task = (id: string, worker: string | null, from: number, to: number | null): TaskRow =>
  ({
    id,
    worker,
    stage: 'extract',
    state: to === null ? 'running' : 'done',
    started_at: at(from),
    finished_at: to === null ? null : at(to),
  }) as TaskRow;

const idsOf = (tasks: readonly TaskRow[]) =>
  ganttLanes(tasks, 9000).map(({ worker, lines }) => [
    worker,
    lines.map((line) => line.map((bar) => bar.task.id)),
  ]);

describe('the timeline', () => {
  it('puts what a worker did at once into lines of its own', () => {
    const tasks = [
      task('a', 'w1', 0, 4),
      task('b', 'w1', 2, 5),
      task('c', 'w1', 4, 6),
      task('d', 'w2', 0, 1),
    ];
    expect(idsOf(tasks)).toEqual([
      ['w1', [['a', 'c'], ['b']]],
      ['w2', [['d']]],
    ]);
  });

  it('lets what runs grow to now, and leaves out what has not begun', () => {
    const waiting = { ...task('w', null, 0, 0), started_at: null };
    const [lane] = ganttLanes([task('a', 'w1', 1, null), waiting], 9000);
    expect(lane?.lines[0]?.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([[1000, 9000]]);
  });

  it('has round steps, few enough for their labels', () => {
    expect(axisSteps(11_300, 8)).toEqual([0, 2000, 4000, 6000, 8000, 10_000]);
    expect(axisSteps(0, 8)).toEqual([0]);
    expect(axisSteps(400 * 86_400_000, 8).length).toBeLessThan(10);
  });
});
