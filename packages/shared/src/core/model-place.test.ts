import { describe, expect, test } from 'vitest';

import { excerptAt, formatPlace, placeOfByte, placeOfCharacter, readEngineMessage } from './model-place.ts';

const SQL = "SELECT '😀é',\n  foo\nFROM t";

test('finds line and column of characters and of bytes, also after characters of several bytes', () => {
  expect(placeOfCharacter(SQL, 15)).toEqual({ line: 2, column: 3 });
  expect(placeOfCharacter(SQL, 9)).toEqual({ line: 1, column: 10 });
  const bytesBeforeFoo = new TextEncoder().encode(SQL.slice(0, SQL.indexOf('foo'))).length;
  expect(placeOfByte(SQL, bytesBeforeFoo)).toEqual({ line: 2, column: 3 });
  expect(placeOfByte(SQL, 8)).toEqual({ line: 1, column: 9 });
  expect(placeOfCharacter(SQL, 999)).toEqual({ line: 3, column: 7 });
});

describe('messages of the engine', () => {
  test('are parted from their excerpt, which gives the place', () => {
    const message = 'Binder Error: no "foo"!\nCandidates: "a"\n\nLINE 2:   foo\n          ^';
    expect(readEngineMessage(message, SQL)).toEqual({
      message: 'Binder Error: no "foo"!\nCandidates: "a"',
      place: { line: 2, column: 3 },
    });
    expect(readEngineMessage(message.replace('LINE 2:', 'LINE 4:'), SQL, 2).place).toEqual({
      line: 2,
      column: 3,
    });
  });

  test('find the column of a line that the engine cut at both ends', () => {
    const sql = `SELECT ${'a, '.repeat(40)}bad_one, ${'b, '.repeat(40)}c FROM t`;
    const at = sql.indexOf('bad_one');
    const excerpt = `...${sql.slice(at - 20, at + 40)}...`;
    const indent = ' '.repeat('LINE 1: '.length + '...'.length + 20);
    expect(readEngineMessage(`Binder Error: x\n\nLINE 1: ${excerpt}\n${indent}^`, sql).place).toEqual({
      line: 1,
      column: at + 1,
    });
  });

  test('have no place when they point into what was put around the model', () => {
    expect(readEngineMessage('Conversion Error: x\n\nLINE 1: CAST(\n        ^', SQL, 2)).toEqual({
      message: 'Conversion Error: x',
      place: null,
    });
    expect(readEngineMessage('Out of range', SQL)).toEqual({ message: 'Out of range', place: null });
  });

  test('lose the list of all overloads', () => {
    const message =
      'Binder Error: No function matches.\n\tCandidate functions:\n\t+(A)\n\t+(B)\n\n\nLINE 1: x\n        ^';
    expect(readEngineMessage(message, 'x').message).toBe('Binder Error: No function matches.');
  });
});

test('shows the line and marks the column', () => {
  expect(formatPlace('models/x.sql', { line: 2, column: 3 })).toBe('models/x.sql:2:3');
  expect(formatPlace('models/x.sql', null)).toBe('models/x.sql');
  expect(excerptAt(SQL, { line: 2, column: 3 })).toBe('\n  2 |   foo\n        ^');
  expect(excerptAt(SQL, null)).toBe('');
});
