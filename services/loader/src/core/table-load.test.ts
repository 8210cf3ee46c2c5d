import type { Manifest } from '@millrace/shared/core/manifest';
import type { Plan } from '@millrace/shared/core/plan';
import { expect, test } from 'vitest';

import { checkStoredColumns, tablesToLoad } from './table-load.ts';

const columns = [{ name: 'day', type: 'DATE' }];
const batch = (rows: number) => ({ key: 'k', format: 'parquet' as const, rows, bytes: 1, sha256: 's' });
const plan = {
  models: [
    { name: 'base', file: 'models/base.sql', load: null },
    { name: 'daily', file: 'models/daily.sql', load: { kind: 'append' } },
  ],
} as unknown as Plan;
const manifest = (table: string, rows: number, batches: readonly number[]) =>
  ({ outputs: [{ table, columns, rows, batches: batches.map(batch) }] }) as unknown as Manifest;

test('only models that are to be loaded are loaded', () => {
  const tables = tablesToLoad(plan, [manifest('base', 1, [1]), manifest('daily', 5, [3, 2])]);
  expect(tables).toEqual([
    {
      table: 'daily',
      file: 'models/daily.sql',
      disposition: { kind: 'append' },
      columns,
      rows: 5,
      batches: [batch(3), batch(2)],
    },
  ]);
});

test('a manifest whose batches do not add up is refused', () => {
  expect(() => tablesToLoad(plan, [manifest('daily', 5, [3, 1])])).toThrow(
    expect.objectContaining({
      code: 'conservation_broken',
      message: `Model 'daily' made 5 rows, but there are 4 in its batches.`,
    }),
  );
});

test('a model without a manifest is refused', () => {
  expect(() => tablesToLoad(plan, [manifest('base', 1, [1])])).toThrow(
    /No manifest names rows of model 'daily'/,
  );
});

test.each([
  [[{ name: 'day', type: 'VARCHAR' }], 'day VARCHAR instead of day DATE'],
  [[{ name: 'date', type: 'DATE' }], 'date DATE instead of day DATE'],
  [[...columns, { name: 'more', type: 'DATE' }], 'more DATE instead of nothing'],
  [[], 'nothing instead of day DATE'],
])('batches with other columns than promised are refused', (stored, message) => {
  expect(() => checkStoredColumns({ table: 'daily' }, columns, stored)).toThrow(message);
});
