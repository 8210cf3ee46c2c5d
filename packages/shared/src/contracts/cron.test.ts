import { describe, expect, test } from 'vitest';

import { isTimeZone, scheduleTimes, whyNoCron } from './cron.ts';

const BERLIN = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };

describe('the times around a moment', () => {
  test.each([
    ['0 6 * * *', 'UTC', '2026-11-22T06:00:00.000Z', '2026-11-22T06:00:00.000Z', '2026-11-23T06:00:00.000Z'],
    ['0 6 * * *', 'UTC', '2026-11-22T05:59:59.999Z', '2026-11-21T06:00:00.000Z', '2026-11-22T06:00:00.000Z'],
    [
      '*/5 * * * *',
      'UTC',
      '2026-11-22T06:04:00.000Z',
      '2026-11-22T06:00:00.000Z',
      '2026-11-22T06:05:00.000Z',
    ],
    [
      '0 6 * * 1-5',
      'UTC',
      '2026-11-22T12:00:00.000Z',
      '2026-11-20T06:00:00.000Z',
      '2026-11-23T06:00:00.000Z',
    ],
    [
      '0 6 * * *',
      'Asia/Kolkata',
      '2026-11-22T00:30:00.000Z',
      '2026-11-22T00:30:00.000Z',
      '2026-11-23T00:30:00.000Z',
    ],
    ['0 0 29 2 *', 'UTC', '2026-11-22T06:00:00.000Z', '2024-02-29T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
  ])('%s in %s at %s', (cron, timeZone, at, latestAt, nextAt) => {
    expect(scheduleTimes({ cron, timeZone }, at)).toEqual({ latestAt, nextAt });
  });

  const latestTimes = (from: string, hours: number, schedule: Parameters<typeof scheduleTimes>[0]) => {
    const start = Date.parse(from);
    const moments = Array.from({ length: hours * 3 }, (_, step) =>
      new Date(start + step * 20 * 60_000).toISOString(),
    );
    return [...new Set(moments.map((moment) => scheduleTimes(schedule, moment).latestAt))];
  };

  test('where clocks are turned back, a time that comes twice is one', () => {
    expect(latestTimes('2026-10-24T12:00:00Z', 36, BERLIN)).toEqual([
      '2026-10-24T00:30:00.000Z',
      '2026-10-25T00:30:00.000Z',
    ]);
  });

  test('where clocks are turned forward, a time that is left out comes an hour later', () => {
    expect(latestTimes('2026-03-28T12:00:00Z', 36, BERLIN)).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ]);
  });

  test('an hourly schedule has every hour, the one that comes twice too', () => {
    const hourly = { cron: '0 * * * *', timeZone: 'Europe/Berlin' };
    expect(latestTimes('2026-10-24T22:00:00Z', 6, hourly)).toHaveLength(6);
  });
});

test.each([
  ['0 6 * * *', null],
  ['*/15 8-18 * * MON-FRI', null],
  ['', 'it has 1 field, not five'],
  ['0 0 6 * * *', 'it has 6 fields, not five'],
  ['@daily', 'it has 1 field, not five'],
  ['H 6 * * *', "'H' is not a field"],
  ['61 * * * *', 'Constraint error, got value 61 expected range 0-59'],
  ['0 0 30 2 *', 'Invalid explicit day of month definition'],
])('whether %j is a schedule: %s', (text, expected) => {
  expect(whyNoCron(text)).toBe(expected);
});

test('time zones are those that the machine knows', () => {
  expect(['Europe/Berlin', 'UTC', 'Mars/Olympus'].map(isTimeZone)).toEqual([true, true, false]);
});
