import { formatColumnType } from '@millrace/shared/core/column-type';
import { describe, expect, it } from 'vitest';

import { compileJudge } from '../judge/judge.ts';
import { ExactNumber, type SourceValue } from '../source-value.ts';
import { inferColumns } from './infer-columns.ts';
import { proposeChildTables } from './propose-child-tables.ts';

const types = (samples: SourceValue[], dialect: 'json' | 'csv' = 'json') =>
  Object.fromEntries(inferColumns(samples, dialect).map(({ name, type }) => [name, formatColumnType(type)]));
const typeOf = (values: SourceValue[], dialect: 'json' | 'csv' = 'json') =>
  types(
    values.map((v) => ({ v })),
    dialect,
  )['v'];

describe('inferColumns', () => {
  it.each<[string, SourceValue[], string]>([
    ['whole numbers', [1, null, -3], 'integer'],
    ['a fraction among them', [1, 2.5], 'double'],
    ['numbers beyond 64 bits', [1, new ExactNumber('12345678901234567890')], 'text'],
    ['truth values', [true, null, false], 'boolean'],
    ['days', ['2026-11-22', '2024-02-29'], 'date'],
    ['points in time', ['2026-11-22T06:00:00Z', '2026-11-22 06:00:00'], 'timestamp'],
    ['midnights, written as points in time', ['2026-11-22T00:00:00', '2026-11-23T00:00:00'], 'timestamp'],
    ['a day that does not exist', ['2026-02-30'], 'text'],
    ['texts and numbers', ['x', 300], 'text'],
    ['digits in quotes', ['1', '2'], 'text'],
    ['texts and truth values', ['x', true], 'json'],
    ['arrays', [[1], []], 'json'],
    ['objects and texts', [{ a: 1 }, 'x'], 'json'],
    ['nothing but nulls', [null, null], 'text'],
  ])('takes %s for what they are', (_, values, type) => {
    expect(typeOf(values)).toBe(type);
  });

  it.each<[string, SourceValue[], string]>([
    ['whole numbers', ['1', null, '-3'], 'integer'],
    ['fractions', ['1', '2.50'], 'double'],
    ['codes with leading zeros', ['007', '010'], 'text'],
    ['numbers with spaces around them', [' 7', '8'], 'text'],
    ['a zero', ['0', '0.5'], 'double'],
    ['truth values', ['true', 'FALSE'], 'boolean'],
    ['zeros and ones, which may be counts', ['0', '1'], 'integer'],
    ['days', ['2026-11-22'], 'date'],
    ['a word among numbers', ['1', 'na'], 'text'],
  ])('takes %s of a CSV for what they are', (_, values, type) => {
    expect(typeOf(values, 'csv')).toBe(type);
  });

  it('makes a column per inner key where all values are objects, one level deep', () => {
    expect(
      types([
        { id: 1, geo: { lat: 1.5, at: { x: 1 } } },
        { id: 2, geo: null, tags: ['a'] },
      ]),
    ).toEqual({
      id: 'integer',
      geo_lat: 'double',
      geo_at: 'json',
      tags: 'json',
    });
  });

  it('keeps an object with very many keys whole, for they are data', () => {
    const map = Object.fromEntries(Array.from({ length: 201 }, (_, key) => [`k${key}`, key]));
    expect(types([{ id: 1, map }])).toEqual({ id: 'integer', map: 'json' });
  });

  it('keeps names apart that databases would take for the same', () => {
    expect(Object.keys(types([{ A: 1, a: 2, 'x.y': 3 }]))).toEqual(['A', 'a_2', 'x.y']);
  });

  it('finds keys that only later records have', () => {
    expect(Object.keys(types([{ a: 1 }, { b: 2, a: 3 }]))).toEqual(['a', 'b']);
  });

  it('never rejects a record that it was inferred from', () => {
    const samples: SourceValue[] = [
      { 'odd.key': 1, n: { in: 'a' }, v: '2026-11-22' },
      { 'odd.key': 2.5, n: { in: 7 }, v: '2026-11-22T05:00:00Z' },
    ];
    const table = {
      name: 't',
      source: 's',
      key: [],
      each: null,
      columns: inferColumns(samples, 'json'),
      inferred: true,
      query: null,
      relation: 't',
    };
    const judge = compileJudge([table], 'json');
    expect(samples.map((sample) => judge.judge(sample).ok)).toEqual([true, true]);
  });
});

describe('proposeChildTables', () => {
  it('finds arrays of objects at the top and one level below, and no others', () => {
    const samples: SourceValue[] = [
      { id: 1, items: [{ sku: 'a' }], tags: ['x'], none: [] },
      { id: 2, items: [], detail: { lines: [{ n: 1 }, { n: 2 }] } },
    ];
    expect(proposeChildTables(samples).map(({ each, samples: elements }) => [each, elements.length])).toEqual(
      [
        [['items'], 1],
        [['detail', 'lines'], 2],
      ],
    );
  });
});
