import { describe, expect, test } from 'vitest';

import { baselineValues, baselinesOf, measureOf } from './baseline.ts';
import type { AnomalyMeasure, CheckRule, ColumnProfile, PlannedCheck } from './check.ts';
import type { ProfiledRun } from './run-checks.ts';

const column = (measures: Partial<ColumnProfile>): ColumnProfile => ({
  name: 'at',
  type: 'TIMESTAMP',
  nulls: 0,
  distinct: 1,
  min: null,
  max: null,
  mean: null,
  ...measures,
});

const check = (rule: CheckRule): PlannedCheck => ({
  id: 'orders.check',
  table: 'orders',
  reads: ['orders'],
  rule,
  severity: 'error',
  errorIf: { operator: '!=', value: 0, unit: 'rows' },
  warnIf: { operator: '!=', value: 0, unit: 'rows' },
});
const anomaly = (measure: AnomalyMeasure, of: string | null): PlannedCheck =>
  check({
    kind: 'anomaly',
    measure,
    column: of,
    threshold: 3,
    direction: 'both',
    floor: 0,
    floorIn: 'measure',
    failOnZero: false,
  });

const run = (rows: number, measures: Partial<ColumnProfile> = {}): ProfiledRun => ({
  run: `run-${rows}`,
  plannedAt: '2026-11-22T00:00:10.000Z',
  publishedAt: '2026-11-22T00:01:00.000Z',
  tables: [{ table: 'orders', rows, columns: [column(measures)] }],
});

describe('a measure of a table', () => {
  const measure = (name: AnomalyMeasure, rows: number, measures: Partial<ColumnProfile> = {}) =>
    measureOf(
      { rows, columns: [column(measures)] },
      { measure: name, column: 'at' },
      '2026-11-22T00:00:10.000Z',
    );

  test('is its rows, the share of nulls, a mean, or the age of the newest value in seconds', () => {
    expect(measure('volume', 4)).toBe(4);
    expect(measure('null_share', 4, { nulls: 1 })).toBe(0.25);
    expect(measure('mean', 4, { mean: 1.5 })).toBe(1.5);
    expect(measure('freshness', 4, { max: '2026-11-22 00:00:08.5' })).toBe(1.5);
    expect(measure('freshness', 4, { max: '2026-11-21' })).toBe(86_410);
    expect(measure('freshness', 4, { max: '2026-11-22 00:00:11+00' })).toBe(-1);
  });

  test('is how many different values there are, and their bounds where these are numbers', () => {
    expect(measure('distinct', 4, { distinct: 3 })).toBe(3);
    expect(measure('min', 4, { min: '-2.50' })).toBe(-2.5);
    expect(measure('max', 4, { max: '1e21' })).toBe(1e21);
    for (const max of [null, '', 'inf', 'nan', 'EUR']) expect(measure('max', 4, { max })).toBeNull();
  });

  test('does not exist without values, or for a time without end', () => {
    expect(measure('volume', 0)).toBe(0);
    expect(measure('null_share', 0)).toBeNull();
    expect(measure('mean', 4)).toBeNull();
    for (const max of [null, 'infinity', '0044-03-15 (BC)', 'later']) {
      expect(measure('freshness', 4, { max })).toBeNull();
    }
  });
});

describe('baselines', () => {
  test('have what the last fourteen runs measured, the newest first, each measure once', () => {
    const runs = Array.from({ length: 20 }, (_, index) => run(index + 1, { nulls: 1 }));
    const change = check({ kind: 'row_count', min: null, max: null, change: 0.5 });
    const made = baselinesOf([anomaly('volume', null), anomaly('null_share', 'at'), change], runs);
    expect(made).toHaveLength(2);
    expect(made[0]).toEqual({
      table: 'orders',
      measure: 'volume',
      column: null,
      values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    });
    expect(baselineValues(made, { table: 'orders', measure: 'null_share', column: 'at' })[3]).toBe(0.25);
  });

  test('leave out runs that have not measured it', () => {
    const other = { ...run(9), tables: [] };
    expect(baselinesOf([anomaly('mean', 'at')], [run(1), other, run(2, { mean: 5 })])[0]?.values).toEqual([
      5,
    ]);
  });

  test('are not made for checks that compare with nothing', () => {
    const alone = [
      check({ kind: 'not_null', column: 'at' }),
      check({ kind: 'row_count', min: 1, max: null, change: null }),
    ];
    expect(baselinesOf(alone, [run(1)])).toEqual([]);
    expect(baselineValues([], { table: 'orders', measure: 'volume', column: null })).toEqual([]);
  });
});
