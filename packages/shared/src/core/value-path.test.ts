import { describe, expect, it } from 'vitest';

import { formatValuePath, parseValuePath } from './value-path.ts';

describe('parseValuePath', () => {
  it.each([
    ['name', 'record', ['name']],
    ['US Gross', 'record', ['US Gross']],
    ['channel.name', 'record', ['channel', 'name']],
    ['geometry.coordinates[0]', 'record', ['geometry', 'coordinates', 0]],
    ['[2].x', 'record', [2, 'x']],
    ['["a.b"]["c\\"d"].e', 'record', ['a.b', 'c"d', 'e']],
    ['^order_id', 'parent', ['order_id']],
    ['^a.b[1]', 'parent', ['a', 'b', 1]],
    ['$index', 'index', []],
    ['$key', 'key', []],
    ['^$key', 'parentKey', []],
    ['["$key"]', 'record', ['$key']],
  ])('reads %s', (text, from, steps) => {
    expect(parseValuePath(text)).toEqual({ from, steps });
  });

  it.each(['', '.', 'a.', 'a..b', 'a[x]', 'a]', '[', '^'])(
    'refuses %j and says how to write a path',
    (text) => {
      expect(() => parseValuePath(text)).toThrow(
        expect.objectContaining({ code: 'pipeline_invalid', hint: expect.stringContaining('[0]') as string }),
      );
    },
  );
});

describe('formatValuePath', () => {
  it.each([
    'name',
    'US Gross',
    'a.b[0].c',
    '["a.b"]["c\\"d"].e',
    '^order_id',
    '["^x"]',
    '["$index"]',
    '$index',
    '$key',
    '^$key',
    '["$key"]',
    'a["*"]',
    '[""]',
  ])('writes %s as it is read', (text) => {
    expect(formatValuePath(parseValuePath(text))).toBe(text);
  });
});
