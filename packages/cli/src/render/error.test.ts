import { expect, test } from 'vitest';

import { fail } from '@millrace/shared/core/errors';

import { renderError } from './error.ts';
import { createStyle } from './style.ts';

const options = { style: createStyle(false), debug: false };

test('an error says what, where and what to try', () => {
  const error = fail('input_not_found', {
    message: "Source 'orders' matches no file.",
    where: 'pipeline.yml:4',
    hint: 'Check the path.',
  });
  expect(renderError(error, options)).toEqual([
    "error[input_not_found]: Source 'orders' matches no file.",
    '  where: pipeline.yml:4',
    '  try: Check the path.',
  ]);
});

test('what nobody foresaw is an internal error without a stack', () => {
  const lines = renderError(new TypeError('x is not a function'), options);
  expect(lines[0]).toBe('error[internal]: x is not a function');
  expect(lines.join('\n')).not.toContain('.ts:');
});

test('the stack is there for those who ask', () => {
  expect(renderError(new TypeError('x'), { ...options, debug: true }).join('\n')).toContain('error.test.ts');
});

test('control characters inside a message cannot steer the terminal', () => {
  const error = fail('usage', { message: 'Bad \u001b[2J name' });
  expect(renderError(error, options)[0]).toBe('error[usage]: Bad \\x1b[2J name');
});
