import { expect, it } from 'vitest';

import { exampleOf } from './reject-report.ts';
import type { Reject } from './reject.ts';

const reject: Reject = {
  source: 'orders',
  table: 'orders',
  file: 'orders.json',
  recordNumber: 3,
  line: 4,
  byteOffset: 120,
  byteLength: 5,
  reason: 'type_mismatch',
  message: 'orders.id is "x"; expected an integer.',
  faults: [],
  raw: new Uint8Array(5),
  sha256: '0'.repeat(64),
};

it('an example is the place and the sentence of a reject', () => {
  expect(exampleOf(reject)).toEqual({
    reason: 'type_mismatch',
    source: 'orders',
    file: 'orders.json',
    line: 4,
    recordNumber: 3,
    byteOffset: 120,
    message: 'orders.id is "x"; expected an integer.',
  });
});

it('texts of any length give a small example, and no half of a character', () => {
  const long = `x${'😀'.repeat(1000)}`;
  const { file, message } = exampleOf({ ...reject, file: `${long}x`, message: long });
  expect([file.length, message.length].every((length) => length <= 501)).toBe(true);
  expect(`${file}${message}`).not.toMatch(/[\ud800-\udfff]/u);
});
