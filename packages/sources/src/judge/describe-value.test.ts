import { describe, expect, it } from 'vitest';

import { ExactNumber, type SourceValue } from '../source-value.ts';
import { describeValue } from './describe-value.ts';

describe('describeValue', () => {
  it.each<[SourceValue, string]>([
    ['12', '"12"'],
    [12, '12'],
    [12n, '12'],
    [new ExactNumber('1.0'), '1.0'],
    [null, 'null'],
    [true, 'true'],
    [new Uint8Array(5), '5 bytes'],
    [[1, 'a', { b: null }], '[1,"a",{"b":null}]'],
    ['\u001b[31m\r\n\t\u0000', '"\\u001b[31m\\r\\n\\t\\u0000"'],
    ['a\u007f\u009b\u200e\u202e\u2028\ufeff', '"a\\u007f\\u009b\\u200e\\u202e\\u2028\\ufeff"'],
  ])('shows %o', (value, shown) => {
    expect(describeValue(value)).toBe(shown);
  });

  it('cuts what is long, between characters, at a cost that does not grow', () => {
    expect(describeValue('x'.repeat(1000))).toBe(`"${'x'.repeat(99)}…`);
    expect(describeValue('😀'.repeat(1000))).toBe(`"${'😀'.repeat(49)}…`);
    expect(describeValue(Array.from({ length: 1_000_000 }, () => 1))).toBe(`[${'1,'.repeat(49)}1…`);
    expect(describeValue({ ['k'.repeat(500)]: 1 })).toHaveLength(101);
    let deep: SourceValue = 1;
    for (let depth = 0; depth < 5000; depth += 1) deep = [deep];
    expect(describeValue(deep)).toBe(`${'['.repeat(100)}…`);
  });
});
