import { describe, expect, it } from 'vitest';

import { makePlan } from '../testing/make-plan.ts';
import { readyTasks, tasksWaitingFor } from './advance.ts';

const plan = makePlan();
const ids = (done: string[]) => readyTasks(plan, new Set(done)).map((task) => task.id);
const O1 = 'extract-orders-00001';
const O2 = 'extract-orders-00002';
const C1 = 'extract-customers-00001';

describe('readyTasks', () => {
  it('starts every extract task of a new plan at once', () => {
    expect(ids([])).toEqual([O1, O2, C1]);
  });

  it('lets a model wait for all partitions of what it reads, and for nothing else', () => {
    expect(ids([O1, C1])).toEqual([O2]);
    expect(ids([O1, O2])).toEqual([C1, 'model-daily']);
  });

  it('starts a model only after the models it reads', () => {
    expect(ids([O1, O2, C1])).toEqual(['model-daily']);
    expect(ids([O1, O2, C1, 'model-daily'])).toEqual(['model-best']);
  });

  it('loads when everything else is done, and then has nothing left', () => {
    const all = [O1, O2, C1, 'model-daily', 'model-best'];
    expect(ids(all)).toEqual(['load-1']);
    expect(ids([...all, 'load-1'])).toEqual([]);
  });

  it('finishes from any order of commits', () => {
    const done = new Set<string>();
    for (let round = 0; done.size < plan.tasks.length; round += 1) {
      const ready = readyTasks(plan, done);
      expect(ready.length).toBeGreaterThan(0);
      const task = ready[round % ready.length];
      if (task !== undefined) done.add(task.id);
    }
    expect(done.size).toBe(6);
  });
});

describe('tasksWaitingFor', () => {
  it('names only tasks that wait for the committed one', () => {
    expect(tasksWaitingFor(plan, O2).map((task) => task.id)).toEqual(['model-daily', 'load-1']);
    expect(tasksWaitingFor(plan, 'load-1')).toEqual([]);
  });

  it('finds, over all commits, every task that a look at all ready tasks finds', () => {
    const done = new Set<string>();
    const enqueued = new Set(readyTasks(plan, done).map((task) => task.id));
    for (const id of [C1, O1, O2, 'model-daily', 'model-best']) {
      done.add(id);
      const waited = tasksWaitingFor(plan, id).filter((task) =>
        task.dependsOn.every((other) => done.has(other)),
      );
      for (const task of waited) enqueued.add(task.id);
    }
    expect([...enqueued].sort()).toEqual(plan.tasks.map((task) => task.id).sort());
  });
});
