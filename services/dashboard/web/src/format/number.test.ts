import { describe, expect, it } from 'vitest';

import { formatBytes, formatCount, formatShare, formatShort, plural } from './number.ts';

describe('numbers', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [99_949, '99.9 KB'],
    [999_600, '1.0 MB'],
    [5_500_000_000, '5.5 GB'],
    [3e15, '3000 TB'],
  ])('%i bytes read %s', (sizeBytes, text) => expect(formatBytes(sizeBytes)).toBe(text));

  it('are whole up to where an axis has no room for them', () => {
    expect([formatShort(9999), formatShort(12_345), formatCount(1_234_567)]).toEqual([
      '9,999',
      '12.3K',
      '1,234,567',
    ]);
  });

  it('of something are never 0%', () => {
    expect([formatShare(0), formatShare(0.000_01), formatShare(0.0123)]).toEqual(['0%', '<0.01%', '1.23%']);
  });

  it('agree with their noun', () => {
    expect([plural(1, 'batch', 'batches'), plural(2, 'batch', 'batches')]).toEqual(['1 batch', '2 batches']);
  });
});
