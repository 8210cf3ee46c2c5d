import { describe, expect, it } from 'vitest';

import { daysOfDate, timestampOf } from './calendar.ts';
import { parseIsoTime } from './iso-time.ts';

describe('parseIsoTime', () => {
  it.each([
    ['2024-01-02', '2024-01-02T00:00:00Z'],
    ['2024-01-02T03:04', '2024-01-02T03:04:00Z'],
    ['2024-01-02 03:04:05', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04Z', '2024-01-02T03:04:00Z'],
    ['2024-01-02T03:04:05+02:00', '2024-01-02T01:04:05Z'],
    ['2024-01-02T03:04:05-0530', '2024-01-02T08:34:05Z'],
    ['2024-01-02T03:04:05+14', '2024-01-01T13:04:05Z'],
    ['2024-01-02T23:59:59.5Z', '2024-01-02T23:59:59.500Z'],
    ['2024-01-02T23:59:59.123000000-00:00', '2024-01-02T23:59:59.123Z'],
    ['1900-02-28T00:00:00Z', '1900-02-28T00:00:00Z'],
    ['2000-02-29', '2000-02-29T00:00:00Z'],
    ['0001-01-01', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59', '9999-12-31T23:59:59Z'],
    ['1582-10-10', '1582-10-10T00:00:00Z'],
  ])('reads %s', (text, expected) => {
    const time = parseIsoTime(text);
    expect(typeof time === 'string' ? time : timestampOf(time)).toBe(BigInt(Date.parse(expected)) * 1000n);
  });

  it('keeps microseconds', () => {
    const time = parseIsoTime('1969-12-31T23:59:59.999999');
    expect(typeof time === 'string' ? time : timestampOf(time)).toBe(-1n);
  });

  it('refuses what is finer than a microsecond', () => {
    expect(parseIsoTime('2024-01-02T03:04:05.1234567Z')).toBe('number_precision_loss');
    expect(parseIsoTime('2024-01-02T03:04:05.000000001Z')).toBe('number_precision_loss');
  });

  it.each([
    ...[
      '',
      '2024',
      '2024-01',
      '2024-1-2',
      '20240102',
      '02.01.2024',
      '2024/01/02',
      '24-01-02',
      '2024-01-02T',
      '2024-01-02T03',
    ],
    ...[
      '2024-00-02',
      '2024-13-02',
      '2024-01-00',
      '2024-01-32',
      '2023-02-29',
      '1900-02-29',
      '2024-04-31',
      '0000-01-01',
    ],
    ...[
      '2024-01-02T24:00:00',
      '2024-01-02T23:60:00',
      '2024-01-02T23:59:60',
      '2024-01-02T3:04',
      '2024-01-02T03:04:5',
    ],
    ...[
      '2024-01-02T03:04:05.',
      '2024-01-02T03:04:05.1234567890',
      '2024-01-02T03:04:05,5',
      '2024-01-02t03:04:05z',
    ],
    ...[
      '2024-01-02T03:04:05 Z',
      '2024-01-02T03:04:05+2',
      '2024-01-02T03:04:05+02:',
      '2024-01-02T03:04:05+02:60',
    ],
    ...[
      '2024-01-02T03:04:05+16:00',
      '2024-01-02T03:04:05ZZ',
      '2024-01-02T03:04:05 UTC',
      '2024-01-02Z',
      ' 2024-01-02',
    ],
    ...[
      '2024-01-02 ',
      '+2024-01-02',
      '-001-01-01',
      '２０24-01-02',
      '2024-01-02T-1:00',
      '2024-01-02T03:04:05+-2:00',
    ],
  ])('refuses %j', (text) => {
    expect(parseIsoTime(text)).toBe('type_mismatch');
  });

  it('refuses instants that leave the calendar by their offset', () => {
    for (const text of ['9999-12-31T23:59:59-01:00', '0001-01-01T00:00:00+01:00']) {
      const time = parseIsoTime(text);
      expect(typeof time === 'string' ? time : timestampOf(time)).toBe('number_out_of_range');
    }
  });
});

it('daysOfDate counts as Date does, over the whole calendar', () => {
  for (let day = -719_162; day <= 2_932_896; day += 97) {
    const date = new Date(day * 86_400_000);
    expect(daysOfDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day);
  }
});
