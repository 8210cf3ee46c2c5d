import { expect, test } from 'vitest';

import { makePlan } from '@millrace/shared/testing/make-plan';

import { renderPlan } from '../render/plan.ts';
import { createStyle } from '../render/style.ts';
import { reportPlan } from './plan-report.ts';

const style = createStyle(false);

test('a plan report counts files, partitions and tasks', () => {
  const report = reportPlan(makePlan());
  expect(report.sources[0]).toMatchObject({ source: 'orders', size_bytes: 20, partitions: 2 });
  expect(report.tasks).toEqual({ total: 6, extract: 3, transform: 2, load: 1 });
  expect(report.models.map(({ model, reads }) => [model, reads])).toEqual([
    ['daily', ['orders']],
    ['best', ['daily', 'customers']],
  ]);
});

test('the plan for people marks what was inferred and names the limit of rejects', () => {
  const plan = makePlan({
    rejects: {
      maxRows: null,
      maxRatio: 0.05,
      sources: [{ source: 'orders', maxRows: 3, maxRatio: null, byDefault: false }],
    },
  });
  const inferred = { ...plan, tables: plan.tables.map((table) => ({ ...table, inferred: true })) };
  const text = renderPlan(reportPlan(inferred), { width: 100, style }).join('\n');
  expect(text).toContain('table orders  from orders; columns inferred');
  expect(text).toContain(
    "rejects      the run fails with more than 5 % of the records\n             the run fails with more than 3 records of source 'orders'",
  );
  expect(text).toContain('6 (3 extract, 2 transform, 1 load)');
});
