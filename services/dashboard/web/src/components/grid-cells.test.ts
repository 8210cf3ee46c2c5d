import { describe, expect, it } from 'vitest';

import type { TaskRow } from '../../../src/api/task.ts';
import { CELL_STATES, cellSize, gridGroups } from './grid-cells.ts';

function task(index: number, more: Partial<TaskRow>): TaskRow {
  return {
    id: `task-${index}`,
    index,
    kind: 'extract',
    stage: 'extract',
    subject: 'orders',
    state: 'waiting',
    worker: null,
    started_at: null,
    finished_at: null,
    rows: 0,
    rejected: 0,
    batches: 0,
    size_bytes: 0,
    attempts: 0,
    message: null,
    job_url: '/queues/queue/extract/1',
    ...more,
  };
}

const statesOf = (tasks: readonly TaskRow[]) =>
  gridGroups(tasks).map(({ label, states }) => [label, [...states].map((index) => CELL_STATES[index])]);

describe('the grid', () => {
  it('has a cell for each stored batch, and one for what an open task is at', () => {
    const tasks = [
      task(0, { state: 'done', batches: 2, attempts: 1 }),
      task(1, { state: 'done', batches: 1, attempts: 2 }),
      task(2, { state: 'running', batches: 1, attempts: 1 }),
      task(3, { state: 'failed', batches: 0, attempts: 3 }),
      task(4, {}),
    ];
    expect(statesOf(tasks)).toEqual([
      ['orders', ['done', 'done', 'retried', 'done', 'running', 'failed', 'waiting']],
    ]);
  });

  it('has a line for each source, and one each for models, checks and destinations', () => {
    const kinds = [
      task(0, { subject: 'orders' }),
      task(1, { subject: 'customers' }),
      task(2, { kind: 'model', stage: 'transform', subject: 'daily' }),
      task(3, { kind: 'check', stage: 'transform', subject: 'daily' }),
      task(4, { kind: 'model', stage: 'transform', subject: 'yearly' }),
      task(5, { kind: 'load', stage: 'load', subject: 'sqlite' }),
    ];
    expect(statesOf(kinds).map(([label]) => label)).toEqual([
      'orders',
      'customers',
      'models',
      'checks',
      'destinations',
    ]);
  });

  it('leads from each cell to its task', () => {
    const [group] = gridGroups([task(0, { state: 'done', batches: 3 }), task(1, {})]);
    expect([...(group?.owners ?? [])]).toEqual([0, 0, 0, 1]);
  });

  it('shrinks its cells so that 10 000 of them fit a screen', () => {
    const { side, gap } = cellSize(10_000);
    const columns = Math.floor(1200 / (side + gap));
    expect(Math.ceil(10_000 / columns) * (side + gap)).toBeLessThan(400);
  });
});
