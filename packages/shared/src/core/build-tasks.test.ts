import { describe, expect, it } from 'vitest';

import { makePlan } from '../testing/make-plan.ts';
import { buildTasks } from './build-tasks.ts';

describe('buildTasks', () => {
  const { tasks } = makePlan();
  const byId = new Map(tasks.map((task) => [task.id, task]));

  it('numbers the partitions of each source', () => {
    expect(tasks.map((task) => task.id)).toEqual([
      'extract-orders-00001',
      'extract-orders-00002',
      'extract-customers-00001',
      'model-daily',
      'model-best',
      'load-1',
    ]);
  });

  it('lets a model wait for the partitions and models it reads', () => {
    expect(byId.get('model-daily')?.dependsOn).toEqual(['extract-orders-00001', 'extract-orders-00002']);
    expect(byId.get('model-best')?.dependsOn).toEqual(['extract-customers-00001', 'model-daily']);
  });

  it('lets a load wait for everything: a run publishes all of its tables or none', () => {
    expect(byId.get('load-1')?.dependsOn).toEqual(tasks.slice(0, -1).map((task) => task.id));
  });

  it('names the table of reads that fill one table each', () => {
    const read = { kind: 'relation', input: 0, range: null, cursor: null } as const;
    const ids = buildTasks(
      ['a', 'b', 'a'].map((table) => ({ source: 'shop', tables: [table], table, read })),
      [],
      [],
    ).map((task) => task.id);
    expect(ids).toEqual(['extract-shop-a-00001', 'extract-shop-b-00001', 'extract-shop-a-00002']);
  });
});
