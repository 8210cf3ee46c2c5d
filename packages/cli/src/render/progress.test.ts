import { expect, test } from 'vitest';

import type { RunProgress, StageProgress } from '@millrace/shared/core/report/run-progress';
import { renderBar, renderProgress, renderProgressLine } from './progress.ts';
import { createStyle } from './style.ts';
import { displayWidth } from './width.ts';

const style = createStyle(false);

function stage(changes: Partial<StageProgress>): StageProgress {
  return {
    stage: 'extract',
    tasksDone: 0,
    tasksRunning: 0,
    tasksTotal: 4,
    batches: 0,
    rows: 0,
    rejected: 0,
    fraction: 0,
    rowsPerSecond: null,
    leftMs: null,
    ...changes,
  };
}

const progress: RunProgress = {
  waiting: null,
  run: '20261122T060000-0a1b2c3d',
  pipeline: 'shop',
  status: 'extracting',
  elapsedMs: 12_000,
  stages: [
    stage({
      tasksDone: 2,
      tasksRunning: 2,
      batches: 48,
      rows: 1_234_567,
      rejected: 37,
      fraction: 0.5,
      rowsPerSecond: 210_000,
      leftMs: 8_000,
    }),
    stage({ stage: 'transform' }),
    stage({ stage: 'load', tasksTotal: 1 }),
  ],
};

test('a bar fills with the fraction, and stays within its width', () => {
  expect(renderBar(0, 4, style)).toBe('····');
  expect(renderBar(0.5, 4, style)).toBe('██··');
  expect(renderBar(1, 4, style)).toBe('████');
  expect(renderBar(0.54, 4, style)).toBe('██▏·');
  expect(renderBar(7, 4, style)).toBe('████');
});

test('each stage has a line with its counts, speed and time left', () => {
  const lines = renderProgress(progress, { width: 140, style });
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain('shop  20261122T060000-0a1b2c3d  extracting  0:12');
  expect(lines[1]).toContain('2/4 tasks  1,234,567 rows  37 rejected  210,000 rows/s  0:08 left  48 batches');
  expect(lines[2]).toContain('transform');
});

test.each([40, 60, 80, 100, 200])('no line is wider than a terminal of %s columns', (width) => {
  for (const line of renderProgress(progress, { width, style }))
    expect(displayWidth(line)).toBeLessThanOrEqual(width);
});

test('the line for logs tells of the stage at work', () => {
  expect(renderProgressLine(progress)).toMatch(/^extracting {2}2\/4 tasks {2}1,234,567 rows/);
  expect(renderProgressLine({ ...progress, status: 'requested' })).toBe('requested');
});

test('a stage of one task has one task', () => {
  const stages = progress.stages.map((stage) => ({ ...stage, tasksDone: 0, tasksRunning: 0, tasksTotal: 1 }));
  expect(renderProgressLine({ ...progress, stages })).toMatch(/^extracting {2}0\/1 task(?: {2}|$)/);
});
