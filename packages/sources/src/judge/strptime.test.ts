import { describe, expect, it } from 'vitest';

import { timestampOf } from './calendar.ts';
import { compileStrptime } from './strptime.ts';

describe('compileStrptime', () => {
  it.each([
    ['%Y-%m-%d', '2024-03-09', '2024-03-09'],
    ['%d.%m.%Y', '9.3.2024', '2024-03-09'],
    ['%m/%d/%y', '03/09/24', '2024-03-09'],
    ['%m/%d/%y', '03/09/69', '1969-03-09'],
    ['%m/%d/%y', '03/09/68', '2068-03-09'],
    ['%Y%m%d', '20240309', '2024-03-09'],
    ['%Y%m%d%H%M', '202403091530', '2024-03-09T15:30Z'],
    ['%b %d %Y', 'jun 12 1998', '1998-06-12'],
    ['%d %B %Y', '12 JUNE 1998', '1998-06-12'],
    ['%d %B %Y', '1 May 1998', '1998-05-01'],
    ['%a, %d %b %Y %H:%M:%S %z', 'Fri, 12 Jun 1998 10:00:00 +0200', '1998-06-12T08:00Z'],
    ['%A %e %B %Y', 'Friday 12 June 1998', '1998-06-12'],
    ['%b %e %Y', 'Jun  2 1998', '1998-06-02'],
    ['%b %e %Y', 'Jun 2 1998', '1998-06-02'],
    ['%Y-%m-%d %I:%M %p', '1998-06-12 12:05 AM', '1998-06-12T00:05Z'],
    ['%Y-%m-%d %I:%M %p', '1998-06-12 12:05 pm', '1998-06-12T12:05Z'],
    ['%Y-%m-%d %I:%M %p', '1998-06-12 1:05 PM', '1998-06-12T13:05Z'],
    ['%Y-%m-%dT%H:%M:%S.%f', '1998-06-12T00:00:01.25', '1998-06-12T00:00:01.250Z'],
    ['%Y-%j', '2024-366', '2024-12-31'],
    ['%Y-%m-%d %H:%M %Z', '1998-06-12 10:00 GMT', '1998-06-12T10:00Z'],
    ['%Y-%m-%d %H:%M%z', '1998-06-12 10:00-05:30', '1998-06-12T15:30Z'],
    ['%Y-%m-%d %H:%M%z', '1998-06-12 10:00Z', '1998-06-12T10:00Z'],
    ['%Y%%%m%%%d', '1998%06%12', '1998-06-12'],
    ['Week of %Y-%m-%d.', 'Week of 1998-06-12.', '1998-06-12'],
  ])('reads by %s: %s', (pattern, text, expected) => {
    const time = compileStrptime(pattern)(text);
    expect(typeof time === 'string' ? time : timestampOf(time)).toBe(BigInt(Date.parse(expected)) * 1000n);
  });

  it.each([
    ['%Y-%m-%d', '2024-02-30'],
    ['%Y-%m-%d', '2024-02-03 '],
    ['%Y-%m-%d', '2024-02'],
    ['%Y-%m-%d', '24-02-03'],
    ['%Y-%m-%d', '2024-002-03'],
    ['%Y%m%d', '2024309'],
    ['%Y-%j', '2023-366'],
    ['%Y-%j', '2023-0'],
    ['%b %d %Y', 'June 12 1998'],
    ['%B %d %Y', 'Jun 12 1998'],
    ['%B %d %Y', 'Juni 12 1998'],
    ['%a %d %b %Y', 'Sat 12 Jun 1998'],
    ['%Y-%m-%d %H:%M', '2024-01-01 24:00'],
    ['%Y-%m-%d %I:%M %p', '2024-01-01 13:00 PM'],
    ['%Y-%m-%d %I:%M %p', '2024-01-01 00:00 AM'],
    ['%Y-%m-%d %H:%M %Z', '2024-01-01 10:00 CET'],
    ['%Y-%m-%d %H:%M%z', '2024-01-01 10:00+1'],
    ['%Y-%m-%d %S', '2024-01-01 60'],
  ])('refuses by %s: %s', (pattern, text) => {
    expect(compileStrptime(pattern)(text)).toBe('type_mismatch');
  });

  it('refuses what is finer than a microsecond', () => {
    const parse = compileStrptime('%Y-%m-%d %H:%M:%S.%f');
    expect(parse('2024-01-01 00:00:00.1234567')).toBe('number_precision_loss');
    expect(parse('2024-01-01 00:00:00.123456000')).toMatchObject({ microsOfDay: 123_456 });
  });
});
