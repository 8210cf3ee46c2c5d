import path from 'node:path';

import type { FileLook } from '@millrace/sources/infer/examine-file';
import { describe, expect, it, test } from 'vitest';

import { createModelNames } from './draft.ts';
import { groupFiles, subjectOf } from './group-files.ts';

/** Groups files of /data by the fields that are in them. */
async function group(files: Readonly<Record<string, string>>) {
  const found = Object.keys(files).map((name) => ({
    path: path.join('/data', name),
    root: '/data',
    isNamed: false,
  }));
  const { groups } = await groupFiles(found, async (file): Promise<FileLook> => {
    const fields = (files[path.relative('/data', file)] ?? '').split(',');
    return { type: 'csv', encoding: 'utf-8', fields };
  });
  return groups.map((each) => [each.path, each.files.length, each.subject]);
}

describe('files are one source', () => {
  it.each([
    [{ 'o-1.csv': 'a,b', 'o-2.csv': 'a,b,c' }, [['/data/o-*.csv', 2, 'data']]],
    [{ 'day (1).csv': 'a,b', 'day (2).csv': 'a,b' }, [['/data/day ?*?.csv', 2, 'day ?*?']]],
    [{ 'eu_n.csv': 'a,b,c,d', 'eu_s.csv': 'a,b,c,d' }, [['/data/eu_*.csv', 2, 'eu_*']]],
    [{ 'app.log': 'a,b,c,d', 'app.log.1': 'a,b,c,d' }, [['/data/app.log*', 2, 'app']]],
    [{ '2024/01/day.csv': 'a', '2024/02/day.csv': 'a' }, [['/data/*/*/day.csv', 2, 'day']]],
  ])('when they are alike: %j', async (files, groups) => {
    expect(await group(files)).toEqual(groups);
  });

  it.each([
    ['other columns', { 't-1.csv': 'a,b', 't-2.csv': 'x,y' }],
    ['columns that many have', { 'customers.csv': 'id,name', 'suppliers.csv': 'id,name' }],
    ['a name between that is another thing', { 'a.csv': 'a,b,c,d', 'b.csv': 'a,b,c,d', 'c.csv': 'q' }],
  ])('but not with %s', async (_, files) => {
    const groups = await group(files);
    expect(groups.every(([, count]) => count === 1)).toBe(true);
  });
});

test('what a name is about, and where it says nothing its folder', () => {
  expect(subjectOf('/x/orders-*.json.gz')).toBe('orders-*');
  expect(subjectOf('/x/shop.db')).toBe('shop');
  expect(subjectOf('/exports/sales/data.csv')).toBe('sales');
});

test('names of models keep clear of staged tables and of the views of others', () => {
  const unique = createModelNames();
  expect([unique('a'), unique('a_latest'), unique('staged_a'), unique('a', 'shop_a')]).toEqual([
    'a',
    'a_latest_2',
    'staged_a_2',
    'shop_a',
  ]);
});
