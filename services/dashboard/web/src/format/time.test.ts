import { describe, expect, it } from 'vitest';

import { formatDuration, formatRelative } from './time.ts';

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [9949, '9.9 s'],
    [9951, '10 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [7_800_000, '2 h 10 min'],
    [273_600_000, '3 d 4 h'],
  ])('of %d ms reads %s', (durationMs, text) => expect(formatDuration(durationMs)).toBe(text));
});

describe('a time', () => {
  const now = Date.parse('2026-11-22T22:00:00.000Z');

  it.each([
    [-2_000, 'just now'],
    [-12_000, '12 s ago'],
    [-300_000, '5 min ago'],
    [-90 * 60_000, '2 h ago'],
    [-3 * 86_400_000, '3 d ago'],
    [7 * 3_600_000, 'in 7 h'],
  ])('%d ms from now reads %s', (distance, text) => expect(formatRelative(now + distance, now)).toBe(text));
});
