import { expect, test } from 'vitest';

import { decideTableChange, type FoundTable, type WantedTable } from './table-change.ts';

const columns = (declared: Record<string, string>) =>
  Object.entries(declared).map(([name, type]) => ({ name, declared: type }));

const wanted = (declared: Record<string, string>, rest: Partial<WantedTable> = {}): WantedTable => ({
  table: 'sales',
  file: 'models/sales.sql',
  database: '/data/shop.db',
  pipeline: 'shop',
  disposition: { kind: 'append' },
  columns: columns(declared),
  ...rest,
});

const found = (declared: Record<string, string>, rest: Partial<FoundTable> = {}): FoundTable => ({
  kind: 'table',
  columns: columns(declared),
  owner: { pipeline: 'shop', disposition: 'append' },
  ...rest,
});

const conflict = (message: string): Error =>
  expect.objectContaining({
    code: 'destination_conflict',
    where: 'models/sales.sql, loaded into /data/shop.db',
    message: expect.stringContaining(message) as string,
  }) as Error;

test('a table that is not there is created, whoever had one of that name', () => {
  const gone = found({}, { kind: null, owner: { pipeline: 'other', disposition: 'merge(id)' } });
  expect(decideTableChange(gone, wanted({ a: 'INTEGER' }))).toEqual({ kind: 'create' });
});

test('new columns are added, and columns the model has no more are named', () => {
  const change = decideTableChange(found({ A: 'INTEGER', old: 'TEXT' }), wanted({ a: 'INTEGER', b: 'REAL' }));
  expect(change).toEqual({ kind: 'widen', add: columns({ b: 'REAL' }), absent: ['old'] });
});

test.each([
  ['DECIMAL(18,2)', 'DECIMAL(38,4)'],
  ['DECIMAL(18,2)', 'INTEGER'],
  ['integer', 'INTEGER'],
])('a column declared %s takes values of %s', (existing, now) => {
  expect(decideTableChange(found({ a: existing }), wanted({ a: now }))).toMatchObject({
    kind: 'widen',
    add: [],
  });
});

test.each([
  ['INTEGER', 'REAL'],
  ['INTEGER', 'DECIMAL(18,2)'],
  ['REAL', 'DECIMAL(18,2)'],
  ['DATE', 'TIMESTAMP'],
  ['TEXT', 'INTEGER'],
  ['BOOLEAN', 'INTEGER'],
])('a column declared %s does not take %s', (existing, now) => {
  expect(() => decideTableChange(found({ a: existing }), wanted({ a: now }))).toThrow(
    conflict(`Column 'a' of table 'sales' is ${existing}, and the model now makes ${now}`),
  );
});

test('a replaced table is made anew when its columns differ, and kept when they do not', () => {
  const replace = { disposition: { kind: 'replace' } } as const;
  const owned = { owner: { pipeline: 'shop', disposition: 'replace' } };
  expect(decideTableChange(found({ a: 'TEXT' }, owned), wanted({ a: 'INTEGER' }, replace))).toEqual({
    kind: 'recreate',
  });
  expect(decideTableChange(found({ a: 'TEXT', b: 'TEXT' }, owned), wanted({ a: 'TEXT' }, replace))).toEqual({
    kind: 'recreate',
  });
  expect(decideTableChange(found({ a: 'TEXT' }, owned), wanted({ a: 'TEXT' }, replace))).toMatchObject({
    kind: 'widen',
  });
});

test('what millrace did not make is left alone', () => {
  expect(() => decideTableChange(found({ a: 'TEXT' }, { owner: null }), wanted({ a: 'TEXT' }))).toThrow(
    conflict(`a table 'sales' that millrace did not make`),
  );
  expect(() => decideTableChange(found({}, { kind: 'view', owner: null }), wanted({ a: 'TEXT' }))).toThrow(
    conflict(`a view 'sales'`),
  );
});

test('the table of another pipeline is left alone', () => {
  const other = found({ a: 'TEXT' }, { owner: { pipeline: 'payroll', disposition: 'append' } });
  expect(() => decideTableChange(other, wanted({ a: 'TEXT' }))).toThrow(
    conflict(`belongs to pipeline 'payroll'`),
  );
});

test('another way of loading needs another table', () => {
  const merged = wanted({ a: 'TEXT' }, { disposition: { kind: 'merge', key: ['a'] } });
  expect(() => decideTableChange(found({ a: 'TEXT' }), merged)).toThrow(conflict('now loaded with merge(a)'));
  const otherKey = found({ a: 'TEXT' }, { owner: { pipeline: 'shop', disposition: 'merge(a,b)' } });
  expect(() => decideTableChange(otherKey, merged)).toThrow(conflict('merge(a,b)'));
});
