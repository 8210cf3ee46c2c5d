import { expect, test } from 'vitest';

import { ANY_BAD_ROW } from './check-threshold.ts';
import type { CheckRule } from './check.ts';
import { replayChecks } from './replay-checks.ts';

const check = (table: string | null, rule: CheckRule) => ({
  id: `${table ?? 'checks'}.${rule.kind}`,
  table,
  rule,
  severity: 'error' as const,
  errorIf: ANY_BAD_ROW,
  warnIf: ANY_BAD_ROW,
  isOptional: false,
  where: 'pipeline.yml:1',
});
const refersTo = (to: string) => ({ kind: 'relationships', column: 'id', to, field: 'id' }) as const;
const source = (...names: string[]) => ({ tables: names.map((name) => ({ name })) });

/** Orders with their items are replayed; customers are read whole, products are not read at all. */
function kept(...checks: ReturnType<typeof check>[]): string[] {
  const sources = [source('orders', 'items'), source('customers')] as never;
  const replayed = new Set(['orders', 'items']);
  const fed = new Set(['daily']);
  return replayChecks(checks, { sources, models: [{ name: 'daily' }], replayed, fed }).map(({ id }) => id);
}

test('judges the rows of a replay one by one', () => {
  const rule = { kind: 'not_null', column: 'id' } as const;
  expect(kept(check('orders', rule), check('daily', rule), check('products', rule))).toEqual([
    'orders.not_null',
    'daily.not_null',
  ]);
});

test('looks references up in what is there as a whole or came with the rows', () => {
  expect(kept(check('orders', refersTo('customers')))).toHaveLength(1);
  expect(kept(check('items', refersTo('orders')))).toHaveLength(1);
  expect(kept(check('customers', refersTo('orders')))).toEqual([]);
  expect(kept(check('orders', refersTo('daily')))).toEqual([]);
  expect(kept(check('orders', refersTo('products')))).toEqual([]);
});

test('asks nothing of a few rows that is meant for all', () => {
  expect(
    kept(
      check('orders', { kind: 'row_count', min: 1000, max: null, change: null }),
      check('orders', { kind: 'freshness', column: 'created_at', maxAgeMs: 1 }),
      check('daily', { kind: 'sum_equals', column: 'total', to: 'orders', field: 'total', tolerance: 0 }),
      check(null, { kind: 'sql', file: 'checks/a.sql', sql: 'SELECT 1' }),
    ),
  ).toEqual([]);
});
