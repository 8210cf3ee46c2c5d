import { expect, test } from 'vitest';

import { isExact } from './exact-text.ts';

test.each([
  ['BIGINT', '9007199254740993', true],
  ['BIGINT', '2.5', false],
  ['UTINYINT', '1e2', false],
  ['DECIMAL(18,2)', '10', true],
  ['DECIMAL(18,2)', '-10.500', true],
  ['DECIMAL(18,2)', '1.005', false],
  ['DECIMAL(18,2)', '1e2', false],
  ['DATE', '2026-11-22', true],
  ['DATE', '2026-11-22 10:00:00', false],
  ['VARCHAR', 'anything', true],
])('a %s keeps all of %s: %s', (type, text, expected) => {
  expect(isExact(type, text)).toBe(expected);
});
