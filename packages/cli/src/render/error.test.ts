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

test('too many rejects are told by file and by example, and what is in them cannot steer the terminal', () => {
  const example = {
    reason: 'type_mismatch',
    source: 'orders',
    recordNumber: 1200,
    byteOffset: 90_000,
  } as const;
  const error = fail('reject_limit', {
    message: '4 of 1000 records were rejected.',
    hint: '`millrace rejects` shows them.',
    rejects: {
      seen: 1000,
      rejected: 4,
      byReason: [{ reason: 'type_mismatch', records: 4 }],
      sources: [
        { source: 'orders', seen: 900, rejected: 4 },
        { source: 'customers', seen: 100, rejected: 0 },
      ],
      files: [{ source: 'orders', file: 'a\u001b.json', seen: 900, rejected: 4 }],
      filesWithRejects: 3,
      examples: [
        { ...example, file: 'a\u001b.json', line: 1201, message: 'id is "\u001b[2J"; expected an integer.' },
        { ...example, file: 'shop.db', line: null, byteOffset: null, message: 'id is "x".' },
      ],
    },
  });
  expect(renderError(error, options)).toEqual([
    'error[reject_limit]: 4 of 1000 records were rejected.',
    '  rejected per file:',
    String.raw`    a\x1b.json  4 of 900`,
    '    and 2 more files',
    '  the first of each reason:',
    '    type_mismatch',
    String.raw`      a\x1b.json:1201  (record 1,200, byte 90,000)`,
    String.raw`        id is "\x1b[2J"; expected an integer.`,
    '      shop.db  (record 1,200)',
    '        id is "x".',
    '  try: `npx millrace rejects` shows them.',
  ]);
});
