import { expect, test } from 'vitest';

import { fail } from '@millrace/shared/core/errors';

import { renderError } from './error.ts';
import { createStyle } from './style.ts';

const options = { style: createStyle(false), own: 'npx millrace', debug: false };

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

test('a command in a hint is written as it can be called', () => {
  const error = fail('run_not_found', {
    message: 'No run.',
    hint: '`millrace runs` lists the runs of millrace.',
  });
  expect(renderError(error, options)).toContain('  try: `npx millrace runs` lists the runs of millrace.');
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
