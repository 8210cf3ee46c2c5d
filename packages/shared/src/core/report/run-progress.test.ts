import { expect, test } from 'vitest';

import { makeManifest, makePlan, makeRequest } from '../../testing/make-plan.ts';

import { createProgressMeter } from './run-progress.ts';
import type { RunView } from './run-view.ts';

const plan = makePlan();
const [first, second] = plan.tasks.filter((task) => task.kind === 'extract').map((task) => task.id);

function view(done: readonly (string | undefined)[], rows: number): RunView {
  const outputs = [{ table: 'orders', columns: [], batches: [], rows }];
  const manifests = new Map(done.map((task = '') => [task, makeManifest(plan, task, { outputs })]));
  return {
    request: makeRequest(plan),
    plan,
    manifests,
    failure: null,
    decision: null,
    round: 1,
    pruned: [],
    status: 'extracting',
  };
}

const inFlight = (rows: number) => [{ task: second ?? '', rows, rejected: 1, batches: 0 }];

test('rows of finished and of running tasks add up', () => {
  const stage = createProgressMeter()(view([first], 100), inFlight(40), 0).stages[0];
  expect(stage).toMatchObject({ tasksDone: 1, tasksRunning: 1, tasksTotal: 3, rows: 140, rejected: 1 });
});

test('a task that has its manifest is not counted again while its worker still names it', () => {
  const stage = createProgressMeter()(view([second], 100), inFlight(100), 0).stages[0];
  expect(stage).toMatchObject({ tasksRunning: 0, rows: 100 });
});

test('running tasks are judged by what a byte of the finished ones gave', () => {
  const measure = createProgressMeter();
  expect(measure(view([], 0), inFlight(40), 0).stages[0]?.fraction).toBe(0);
  // Of three files of 10 bytes one is done and one is half done.
  expect(measure(view([first], 100), inFlight(50), 1).stages[0]?.fraction).toBeCloseTo(0.5);
});

test('speed is what the last seconds gave, and time left follows from the share that is done', () => {
  const measure = createProgressMeter();
  measure(view([], 0), inFlight(10), 0);
  measure(view([], 0), inFlight(2_010), 1_000);
  const stage = measure(view([first], 100), inFlight(50), 4_000).stages[0];
  expect(stage?.leftMs).toBeCloseTo(4_000);
  expect(stage?.rowsPerSecond).toBeCloseTo((150 - 10) / 4);
});

test('a task that starts again does not give a negative speed', () => {
  const measure = createProgressMeter();
  measure(view([], 0), inFlight(5_000), 0);
  expect(measure(view([], 0), inFlight(0), 1_000).stages[0]?.rowsPerSecond ?? 0).toBe(0);
});

test('a finished stage shows no speed', () => {
  const all = plan.tasks.filter((task) => task.kind === 'extract').map((task) => task.id);
  const stage = createProgressMeter()(view(all, 5), [], 0).stages[0];
  expect(stage).toMatchObject({ fraction: 1, rowsPerSecond: null, leftMs: null });
});

test('a running load is judged by the rows that the models have made', () => {
  const models = plan.tasks.filter((task) => task.kind === 'model');
  const manifests = new Map(
    models.map((task) => {
      const outputs = [{ table: task.model, columns: [], batches: [], rows: 50 }];
      return [task.id, makeManifest(plan, task.id, { outputs })] as const;
    }),
  );
  const load = plan.tasks.find((task) => task.kind === 'load')?.id ?? '';
  const running = [{ task: load, rows: 25, rejected: 0, batches: 0 }];
  expect(createProgressMeter()({ ...view([], 0), manifests }, running, 0).stages[2]?.fraction).toBeCloseTo(
    0.25,
  );
});
