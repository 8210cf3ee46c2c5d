import { describe, expect, it } from 'vitest';

import {
  asMillraceError,
  ERROR_KINDS,
  fail,
  fromErrorRecord,
  isMillraceError,
  toErrorRecord,
} from './errors.ts';

describe('the registry of errors', () => {
  const codes = Object.keys(ERROR_KINDS);

  it('is in alphabetical order, with codes that can be typed and grepped', () => {
    expect(codes).toEqual([...codes].sort());
    expect(codes.every((code) => /^[a-z]+(_[a-z]+)*$/.test(code))).toBe(true);
  });

  it('explains every code in a sentence', () => {
    expect(Object.values(ERROR_KINDS).every(({ meaning }) => /^[A-Z].*\.$/.test(meaning))).toBe(true);
  });
});

describe('MillraceError', () => {
  it('carries what a person needs, and whether a retry can help', () => {
    const error = fail('source_changed', { message: 'It changed.', where: 'a.json', hint: 'Run again.' });
    expect(error).toMatchObject({
      code: 'source_changed',
      where: 'a.json',
      hint: 'Run again.',
      retry: 'may_help',
      exitCode: 1,
    });
  });

  it('survives a journey as plain data', () => {
    const error = fail('reject_limit', { message: 'Too many.', hint: 'Look.' });
    const copy = fromErrorRecord(
      JSON.parse(JSON.stringify(toErrorRecord(error))) as ReturnType<typeof toErrorRecord>,
    );
    expect({ code: copy.code, message: copy.message, where: copy.where, hint: copy.hint }).toEqual({
      code: 'reject_limit',
      message: 'Too many.',
      where: undefined,
      hint: 'Look.',
    });
    expect(isMillraceError(copy)).toBe(true);
  });

  it('takes what nobody foresaw as a defect, and keeps its cause', () => {
    const cause = new TypeError('x is undefined');
    expect(asMillraceError(cause)).toMatchObject({
      code: 'internal',
      retry: 'may_help',
      message: 'x is undefined',
      cause,
    });
    expect(asMillraceError('a text').message).toBe('a text');
  });
});
