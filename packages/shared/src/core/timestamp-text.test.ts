import { expect, test } from 'vitest';

import { timestampFormatter } from './timestamp-text.ts';

const micros = (iso: string, extra = 0n) => BigInt(Date.parse(iso)) * 1000n + extra;

test.each([
  ['1970-01-01T00:00:00Z', 0n, '1970-01-01 00:00:00'],
  ['2026-11-22T06:05:04Z', 500_000n, '2026-11-22 06:05:04.5'],
  ['1969-12-31T23:59:59Z', 999_999n, '1969-12-31 23:59:59.999999'],
  ['0001-01-01T00:00:00Z', 1n, '0001-01-01 00:00:00.000001'],
  ['9999-12-31T23:59:59Z', 999_990n, '9999-12-31 23:59:59.99999'],
])('writes %s plus %d microseconds', (iso, extra, text) => {
  expect(timestampFormatter()(micros(iso, extra))).toBe(text);
});

test('writes one time after another of the same and of another day', () => {
  const format = timestampFormatter();
  const texts = ['2026-01-01T00:00:00Z', '2026-01-01T10:20:30Z', '2025-12-31T23:59:59Z'].map((iso) =>
    format(micros(iso)),
  );
  expect(texts).toEqual(['2026-01-01 00:00:00', '2026-01-01 10:20:30', '2025-12-31 23:59:59']);
});

test('has no text for infinity and years without four digits', () => {
  const format = timestampFormatter();
  expect(format(2n ** 63n - 1n)).toBeNull();
  expect(format(micros('0001-01-01T00:00:00Z') - 1n)).toBeNull();
  expect(format(micros('9999-12-31T23:59:59Z') + 1_000_000n)).toBeNull();
});
