import { cursorValue, type CursorLag } from '@millrace/shared/core/cursor';
import { describe, expect, it } from 'vitest';

import { decideCursorRange } from './cursor-range.ts';
import type { CursorWish } from './cursor-wish.ts';

type Native = bigint | number | string;

const wish = (changes: Partial<CursorWish> = {}): CursorWish => ({
  column: 'c',
  lag: null,
  epoch: null,
  after: null,
  plannedAt: '2026-11-22T06:00:00.000Z',
  ...changes,
});
const group = (form: string, greatest: Native | null, rows = 1) => {
  const value = greatest === null ? null : cursorValue(greatest);
  return { form, rows, least: value, greatest: value };
};
const decide = (
  changes: Partial<CursorWish>,
  groups: ReturnType<typeof group>[],
  afterForm: string | null = null,
) => decideCursorRange(wish(changes), { groups, afterForm, what: "table 't'", fileName: 'app.db' });

/** The lower bound of a run after this watermark. */
const lower = (after: Native, lag: CursorLag, epoch: CursorWish['epoch'] = null) => {
  const form = typeof after === 'string' ? 'same' : typeof after === 'bigint' ? 'integer' : 'real';
  const range = decide({ after: cursorValue(after), lag, epoch }, [group(form, after)], form);
  return range.over?.value.text;
};

describe('the rows of a run', () => {
  it('are all up to the greatest value where there is no watermark', () => {
    expect(decide({}, [group('integer', 7n), group('real', 7.5)])).toEqual({
      column: 'c',
      over: null,
      upTo: cursorValue(7.5),
    });
  });

  it('are none of an empty table', () => {
    expect(decide({}, []).upTo).toBeNull();
  });

  it('are those beyond the watermark, which stays where it is when the newest rows are gone', () => {
    const over = { value: cursorValue(5n), inclusive: false };
    expect(decide({ after: cursorValue(5n) }, [group('integer', 9n)])).toMatchObject({
      over,
      upTo: cursorValue(9n),
    });
    expect(decide({ after: cursorValue(5n) }, [group('integer', 3n)])).toMatchObject({
      over,
      upTo: cursorValue(5n),
    });
    expect(decide({ after: cursorValue(5n) }, [])).toMatchObject({ over, upTo: cursorValue(5n) });
  });

  it('begin the lag before it', () => {
    expect(lower(100n, { kind: 'number', amount: 10 })).toBe('90');
    expect(lower(100n, { kind: 'number', amount: 0.5 })).toBe('99');
    expect(lower(-9223372036854775808n, { kind: 'number', amount: 10 })).toBe('-9223372036854775808');
    expect(lower(1.5, { kind: 'number', amount: 1 })).toBe('0.5');
    expect(lower(1_700_000_000n, { kind: 'duration', seconds: 60 }, 'epoch_s')).toBe('1699999940');
    expect(lower(1_700_000_000_000n, { kind: 'duration', seconds: 60 }, 'epoch_ms')).toBe('1699999940000');
    const hour = { kind: 'duration', seconds: 3600 } as const;
    expect(lower('2026-11-22 00:30:00', hour)).toBe('2026-11-21 23:30:00');
    expect(lower('2024-03-01T00:30:00.123456+02:00', hour)).toBe('2024-02-29T23:30:00.123456+02:00');
    expect(lower('2026-11-22', hour)).toBe('2026-11-21');
    expect(lower('2026-11-22', { kind: 'number', amount: 0 })).toBe('2026-11-22');
  });

  it('include the row at the end of the lag', () => {
    const range = decide({ after: cursorValue(5n), lag: { kind: 'number', amount: 0 } }, [
      group('integer', 5n),
    ]);
    expect(range.over).toEqual({ value: cursorValue(5n), inclusive: true });
  });
});

describe('a cursor is refused', () => {
  it.each([
    ['with rows that have none', {}, [group('integer', 5n), group('null', null, 3)], 'is null in 3 rows'],
    ['of bytes', {}, [group('blob', null)], 'holds bytes'],
    ['of text that is no time', {}, [group('other', '22.11.2026')], "such as '22.11.2026'"],
    ['of numbers and text', {}, [group('integer', 5n), group('date', '2026-11-22')], 'several forms'],
    [
      'of two forms of text',
      {},
      [group(' ', '2026-11-22 06:00:00'), group('T', '2026-11-21T06:00:00')],
      'several forms',
    ],
    ['that ends in infinity', {}, [group('real', Infinity)], 'nothing can exceed'],
    ['with a day of the far future', {}, [group('date', '9999-12-31')], 'in the future'],
    ['with a time of the future', {}, [group('T', '2026-11-23T06:00:01')], 'in the future'],
    ['with seconds of the future', { epoch: 'epoch_s' }, [group('integer', 1_795_500_000n)], 'in the future'],
    ['that was text before', { after: cursorValue('2026-11-22') }, [group('integer', 5n)], 'no common order'],
    [
      'with a lag without unit',
      { after: cursorValue('2026-11-22'), lag: { kind: 'number', amount: 2 } },
      [group('x', '2026-11-22')],
      'has no unit',
    ],
    [
      'with a lag of unknown unit',
      { after: cursorValue(5n), lag: { kind: 'duration', seconds: 2 } },
      [group('integer', 6n)],
      'unknown unit',
    ],
  ] as const)('%s', (_, changes, groups, words) => {
    expect(() => decide(changes, [...groups], 'x')).toThrow(
      expect.objectContaining({
        code: 'schema_mismatch',
        message: expect.stringContaining(words) as string,
        where: 'app.db',
        hint: expect.any(String) as string,
      }) as Error,
    );
  });

  it('when its text is written in another form than the watermark', () => {
    expect(() =>
      decide({ after: cursorValue('2026-11-22T06:00:00') }, [group(' ', '2026-11-22 05:00:00')], 'T'),
    ).toThrow('no common order');
  });

  it('not for times within a day, as clocks and zones differ', () => {
    expect(decide({}, [group(' ', '2026-11-23 05:59:59')]).upTo).toEqual(cursorValue('2026-11-23 05:59:59'));
  });
});
