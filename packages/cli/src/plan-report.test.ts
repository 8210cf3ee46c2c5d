import { expect, test } from 'vitest';

import type { Plan } from '@millrace/shared/core/plan';
import { makePlan } from '@millrace/shared/testing/make-plan';

import { renderPlan } from './render/plan.ts';
import { createStyle } from './render/style.ts';
import type { PlanPreview, TablePreviewChange } from './plan-preview.ts';
import { reportPlan } from './plan-report.ts';

const style = createStyle(false);

const preview = (plan: Plan, changes: Partial<PlanPreview> = {}): PlanPreview => ({
  plan,
  sources: [
    {
      source: 'orders',
      tables: [
        {
          table: 'orders',
          rows: { count: 600_000, isExact: false },
          batches: 12,
          sampledRows: 40,
          columns: [{ column: 'id', examples: [], found: 0, nulls: 0 }],
        },
      ],
      sampledRecords: 40,
      isWhole: false,
      rejects: null,
    },
  ],
  changes: [],
  ...changes,
});

const render = (given: PlanPreview, width = 100): string =>
  renderPlan(reportPlan(given), { width, style }).join('\n');

test('a plan report counts files, partitions and tasks', () => {
  const report = reportPlan(preview(makePlan()));
  expect(report.sources[0]).toMatchObject({ source: 'orders', size_bytes: 20, partitions: 2 });
  expect(report.tasks).toEqual({ total: 6, extract: 3, transform: 2, load: 1 });
  expect(report.models.map(({ model, reads }) => [model, reads])).toEqual([
    ['daily', ['orders']],
    ['best', ['daily', 'customers']],
  ]);
});

test('rows and batches say that they are estimates, and a column that no record has is told', () => {
  const report = reportPlan(preview(makePlan()));
  expect(report.tables[0]).toMatchObject({
    estimated_rows: 600_000,
    rows_are_exact: false,
    estimated_batches: 12,
    columns: [{ column: 'id', path: 'id', note: 'no sampled record has id' }],
  });
  expect(render(preview(makePlan()))).toContain('about 600,000 rows in about 12 batches');
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
  const text = render(preview(inferred));
  expect(text).toContain('from orders; columns inferred');
  expect(text).toContain(
    "rejects      the run fails with more than 5 % of the records\n             the run fails with more than 3 records of source 'orders'",
  );
  expect(text).toContain('6 (3 extract, 2 transform, 1 load)');
});

test('what would become of each table is told, and why a load would fail', () => {
  const plan = makePlan();
  const [destination] = plan.destinations;
  const [model] = plan.models;
  if (destination === undefined || model === undefined) throw new Error('The plan is empty.');
  const change = (kind: TablePreviewChange['change']): TablePreviewChange => ({
    destination,
    model: { model, columns: [{ name: 'id', type: 'BIGINT' }] },
    change: kind,
  });
  const error = {
    code: 'destination_conflict',
    message: 'Column id is TEXT.',
    where: null,
    hint: 'Cast it.',
  } as const;
  const text = render(
    preview(plan, {
      changes: [
        change({ kind: 'create' }),
        change({ kind: 'widen', add: [], absent: [] }),
        change({ kind: 'widen', add: [{ name: 'b', declared: 'REAL' }], absent: ['old'] }),
        change({ kind: 'refused', error }),
      ],
    }),
  );
  expect(text).toContain('daily  is made, with 1 column');
  expect(text).toContain('daily  stays as it is');
  expect(text).toContain('daily  gets 1 column: b; null in new rows: old');
  expect(text).toContain('daily would fail: Column id is TEXT.\n    try: Cast it.');
});

test('rejects to expect come by reason with their places, within the width', () => {
  const example = {
    file: 'orders-2.json',
    recordNumber: 7,
    line: 9,
    byteOffset: 1200,
    byteLength: 80,
    table: null,
    message: `Expected a comma. ${'x'.repeat(200)}`,
  };
  const base = preview(makePlan());
  const sources = base.sources.map((source) => ({
    ...source,
    rejects: [{ reason: 'json_syntax', records: 3, examples: [example] } as const],
  }));
  const lines = render({ ...base, sources }, 80).split('\n');
  expect(lines).toContain('rejects of orders  3 in 40 sampled records');
  expect(lines).toContain('    orders-2.json, line 9, byte 1200');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
