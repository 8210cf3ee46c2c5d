import { describe, expect, it } from 'vitest';

import { makePlan } from '../testing/make-plan.ts';
import { buildTasks } from './build-tasks.ts';
import { ANY_BAD_ROW } from './check-threshold.ts';
import type { PlannedCheck } from './check.ts';

const extract = { kind: 'files', slices: [] } as const;
const PARTITIONS = ['orders', 'orders', 'customers'].map((source) => ({
  source,
  tables: [source],
  table: null,
  read: extract,
}));
const { models, destinations } = makePlan();

function makeCheck(table: string, changes: Partial<PlannedCheck> = {}): PlannedCheck {
  return {
    id: `${table}.row_count`,
    table,
    reads: [table],
    rule: { kind: 'row_count', min: 1, max: null, change: null },
    severity: 'error',
    errorIf: ANY_BAD_ROW,
    warnIf: ANY_BAD_ROW,
    ...changes,
  };
}

function build(checks: readonly PlannedCheck[]) {
  const tasks = buildTasks(PARTITIONS, models, checks, destinations);
  const needs = (id: string) => tasks.find((task) => task.id === id)?.dependsOn;
  return { tasks, ids: tasks.map(({ id }) => id), needs };
}

describe('buildTasks', () => {
  const { tasks, ids, needs } = build([]);

  it('numbers the partitions of each source, and checks every table that is made', () => {
    expect(ids).toEqual([
      'extract-orders-00001',
      'extract-orders-00002',
      'extract-customers-00001',
      'check-orders',
      'check-customers',
      'model-daily',
      'check-daily',
      'model-best',
      'check-best',
      'load-1',
    ]);
  });

  it('lets a model wait for the partitions and models it reads', () => {
    expect(needs('model-daily')).toEqual(['extract-orders-00001', 'extract-orders-00002']);
    expect(needs('model-best')).toEqual(['extract-customers-00001', 'model-daily']);
  });

  it('lets a load wait for everything: a run publishes all of its tables or none', () => {
    expect(needs('load-1')).toEqual(tasks.slice(0, -1).map((task) => task.id));
  });

  it('lets a model wait for the checks of what it reads where they may fail the run', () => {
    expect(build([makeCheck('daily')]).needs('model-best')).toContain('check-daily');
    expect(build([makeCheck('daily')]).needs('model-daily')).not.toContain('check-daily');
    expect(build([makeCheck('daily', { severity: 'warn' })]).needs('model-best')).not.toContain(
      'check-daily',
    );
  });

  it('lets a check wait for all that it reads, and no model wait for a check that waits for it', () => {
    const compared = build([makeCheck('orders', { reads: ['orders', 'best'] })]);
    expect(compared.needs('check-orders')).toContain('model-best');
    expect(compared.needs('model-daily')).not.toContain('check-orders');
    expect(compared.needs('load-1')).toContain('check-orders');
    for (const [index, id] of compared.ids.entries()) {
      for (const before of compared.needs(id) ?? []) expect(compared.ids.indexOf(before)).toBeLessThan(index);
    }
  });

  it('breaks circles that run over several checks', () => {
    const crossed = build([
      makeCheck('orders', { reads: ['orders', 'best'] }),
      makeCheck('customers', { reads: ['customers', 'daily'] }),
    ]);
    // Each alone may hold up the other's model; together they would hold up each other.
    expect(crossed.needs('model-best')).toContain('check-customers');
    expect(crossed.needs('model-daily')).not.toContain('check-orders');
  });

  it('names the table of reads that fill one table each', () => {
    const read = { kind: 'relation', input: 0, range: null, cursor: null } as const;
    const named = buildTasks(
      ['a', 'b', 'a'].map((table) => ({ source: 'shop', tables: [table], table, read })),
      [],
      [],
      [],
    ).map((task) => task.id);
    expect(named.slice(0, 3)).toEqual([
      'extract-shop-a-00001',
      'extract-shop-b-00001',
      'extract-shop-a-00002',
    ]);
  });
});
