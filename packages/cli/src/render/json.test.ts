import { expect, test } from 'vitest';

import { renderJson } from './json.ts';

test('B28 no character of a value can steer the terminal, and none is lost', () => {
  const value = { 'k\u009b2J': 'a\u001b[31m\u007f\u0085\u202etxt\u2028\ufeffé😀' };
  const text = renderJson(value, 2);
  expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u);
  expect(text).toContain('é😀');
  expect(JSON.parse(text)).toEqual(value);
});

test('integers that a double would round are strings', () => {
  expect(renderJson([1n, 2n ** 53n])).toBe('[1,"9007199254740992"]');
});
