import { expect, test } from 'vitest';

import { isSameDrift, mergeContracts, type ContractRecord } from './contract-record.ts';
import type { PlannedDrift } from './drift.ts';

const drift = (column: string, rows: number): PlannedDrift => ({
  table: 'orders',
  kind: 'new_column',
  column,
  path: column,
  declared: null,
  found: 'text',
  rows,
  sampledRows: 400,
  example: null,
  mode: 'freeze',
});

const record = (id: string): ContractRecord => ({
  id,
  pipeline: 'shop',
  action: 'accept',
  by: 'ann@till',
  recordedAt: '2026-11-22T06:00:00.000Z',
  drift: [drift('coupon', 1)],
});

test('what stands in the bucket and in a destination is told once, in order of time', () => {
  const merged = mergeContracts([record('b'), record('a')], [record('c'), record('a')]);
  expect(merged.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test('differences are the same whatever their order and the number of rows that show them', () => {
  expect(isSameDrift([drift('a', 1), drift('b', 2)], [drift('b', 9), drift('a', 9)])).toBe(true);
  expect(isSameDrift([drift('a', 1)], [drift('a', 1), drift('b', 2)])).toBe(false);
  expect(isSameDrift([drift('a', 1)], [{ ...drift('a', 1), found: 'integer' }])).toBe(false);
});
