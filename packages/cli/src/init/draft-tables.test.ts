import { expect, test } from 'vitest';

import { createNames } from './draft.ts';
import { draftTables, findIdentifier } from './draft-tables.ts';

const orders = [
  { order_id: 'a', customer: 7, items: [{ sku: 'x', quantity: 1 }] },
  { order_id: 'b', customer: 7, items: [] },
  { order_id: 'c', customer: 9, items: [{ sku: 'y', quantity: 2 }] },
];

test('nested arrays of objects become tables that refer to their record', () => {
  const [record, items, ...others] = draftTables('orders', orders, createNames());
  expect(others).toEqual([]);
  expect(record?.columns.map(({ name }) => name)).toEqual(['order_id', 'customer']);
  expect(items).toMatchObject({ model: 'orders_items', each: ['items'] });
  expect(items?.columns.map(({ name, path }) => [name, path.from])).toEqual([
    ['order_id', 'parent'],
    ['position', 'index'],
    ['sku', 'record'],
    ['quantity', 'record'],
  ]);
});

test('a child with a column of the same name as its reference keeps both', () => {
  const samples = [
    { id: 1, parts: [{ id: 10 }] },
    { id: 2, parts: [{ id: 11, position: 3 }] },
  ];
  const child = draftTables('kits', samples, createNames())[1];
  expect(child?.columns.map(({ name }) => name)).toEqual(['kits_id', 'position_in_array', 'id', 'position']);
});

test('a column that repeats does not identify records, one that is called an id is preferred', () => {
  const samples = [
    { name: 'x', group: 1, user_id: 5 },
    { name: 'y', group: 1, user_id: 6 },
  ];
  const columns = draftTables('users', samples, createNames())[0]?.columns ?? [];
  expect(findIdentifier(columns, samples)?.name).toBe('user_id');
  expect(findIdentifier(columns, [{ name: 'x', group: 1, user_id: null }])?.name).toBe('name');
});
