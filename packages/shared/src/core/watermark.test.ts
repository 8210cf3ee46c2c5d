import { describe, expect, it } from 'vitest';

import { compareCursors, cursorValue, laterCursor, nativeCursor } from './cursor.ts';
import { lowestWatermark, moveWatermarks, type PlannedCursor, type Watermark } from './watermark.ts';

const place = { source: 'app', table: 'orders', file: 'app.db' };
const mark = (value: bigint | number | string, column = 'id'): Watermark => ({
  ...place,
  column,
  value: cursorValue(value),
});
const planned = (found: Watermark | null, upTo: bigint | null): PlannedCursor => ({
  ...place,
  column: 'id',
  found: [found],
  after: found?.value ?? null,
  upTo: upTo === null ? null : cursorValue(upTo),
});

describe('cursor values', () => {
  it('compare as numbers exactly, whether integer or real, and text apart', () => {
    const compare = (one: bigint | number | string, other: bigint | number | string) =>
      compareCursors(cursorValue(one), cursorValue(other));
    expect(compare(9n, 10n)).toBe(-1);
    expect(compare(9007199254740993n, 9007199254740992)).toBe(1);
    expect(compare(2n, 2.0)).toBe(0);
    expect(compare('2026-11-22', '2026-11-3')).toBe(-1);
    expect(compare('2026', 2026n)).toBeNull();
  });

  it('are the same after they were text', () => {
    for (const value of [9223372036854775807n, 0.1, 1.5e300, '2026-11-22 06:00:00', Infinity]) {
      expect(nativeCursor(cursorValue(value))).toBe(value);
    }
  });

  it('have a later one, which of two kinds is the second', () => {
    expect(laterCursor(cursorValue(5n), cursorValue(4n))).toEqual(cursorValue(5n));
    expect(laterCursor(null, cursorValue(4n))).toEqual(cursorValue(4n));
    expect(laterCursor(cursorValue(5n), cursorValue('x'))).toEqual(cursorValue('x'));
  });
});

describe('the lowest watermark', () => {
  it('is that of the destination that is furthest behind', () => {
    expect(lowestWatermark([mark(7n), mark(5n), mark(6n)])).toEqual(cursorValue(5n));
    expect(lowestWatermark([mark(7n), null, mark(6n)])).toBeNull();
  });
});

describe('watermarks move', () => {
  it('from where the plan found them to the greatest value', () => {
    expect(moveWatermarks([planned(null, 9n)], 0, [])).toEqual([mark(9n)]);
    expect(moveWatermarks([planned(mark(5n), 9n)], 0, [mark(5n)])).toEqual([mark(9n)]);
  });

  it('never back, and not at all without rows', () => {
    expect(moveWatermarks([planned(mark(5n), 3n)], 0, [mark(5n)])).toEqual([mark(5n)]);
    expect(moveWatermarks([planned(null, null)], 0, [])).toEqual([]);
    expect(moveWatermarks([planned(mark(5n), null)], 0, [mark(5n)])).toEqual([mark(5n)]);
  });

  it('to another column when all rows were read by it', () => {
    const other = mark('2026-11-22', 'day');
    expect(moveWatermarks([planned(other, 3n)], 0, [other])).toEqual([mark(3n)]);
  });

  it.each([
    ['forward', mark(5n), [mark(6n)]],
    ['back, as from a backup', mark(5n), [mark(4n)]],
    ['away', mark(5n), []],
    ['into being', null, [mark(1n)]],
    ['to another column', mark(5n), [mark(5n, 'other')]],
  ])('only if nobody moved them %s', (_, found, current) => {
    expect(() => moveWatermarks([planned(found, 9n)], 0, current)).toThrow(
      expect.objectContaining({ code: 'watermark_moved', retry: 'never', where: 'app.db' }) as Error,
    );
  });
});
