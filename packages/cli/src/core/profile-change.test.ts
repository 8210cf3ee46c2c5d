import type { ColumnProfile, TableProfile } from '@millrace/shared/core/check';
import { expect, test } from 'vitest';

import { profileChanges } from './profile-change.ts';

const profile = (measures: Partial<ColumnProfile>): TableProfile => ({
  rows: 10,
  columns: [
    { name: 'total', type: 'DOUBLE', nulls: 0, distinct: 9, min: '1', max: '9', mean: 5, ...measures },
  ],
});

test('measures that differ are named with both values', () => {
  expect(profileChanges(profile({}), profile({ nulls: 2, max: null, distinct: 9 }))).toEqual([
    { column: 'total', type: 'DOUBLE', measure: 'nulls', before: 0, after: 2 },
    { column: 'total', type: 'DOUBLE', measure: 'max', before: '9', after: null },
  ]);
});

test('the last digits of a mean are no difference', () => {
  expect(profileChanges(profile({ mean: 0.1 + 0.2 }), profile({ mean: 0.3 }))).toEqual([]);
  expect(profileChanges(profile({ mean: 0.3 }), profile({ mean: 0.3001 }))).toHaveLength(1);
  expect(profileChanges(profile({ mean: 0 }), profile({ mean: 1e-12 }))).toHaveLength(1);
});

test('columns that one of them lacks have no changes', () => {
  expect(profileChanges(profile({}), profile({ name: 'other', nulls: 5 }))).toEqual([]);
});
