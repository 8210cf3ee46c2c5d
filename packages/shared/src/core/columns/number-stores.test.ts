import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rowsOfBlock, type BlockCell } from '../../testing/block-cells.ts';
import type { TypedCell } from '../typed-cell.ts';
import { createColumn, type StoreColumn } from './create-column.ts';
import type { ColumnStore } from './column-store.ts';
import { MemoryPool } from './memory-pool.ts';
import { DoubleStore, IntegerStore } from './number-stores.ts';

const pool = new MemoryPool();
const CAPACITY = 64;
const decimal = (precision: number) => ({ kind: 'decimal', precision, scale: 0 }) as const;

/** All that was put into a column. */
function cellsOf(column: ColumnStore): BlockCell[] {
  const rows = column.filled;
  return rowsOfBlock({ rows, columns: [column.take(rows)] }).map(([cell]) => cell ?? null);
}

function accepted(type: StoreColumn['type'], cells: readonly TypedCell[]): BlockCell[] {
  const column = createColumn({ name: 'n', type }, CAPACITY, pool);
  for (const cell of cells) column.putCell(column.filled, cell);
  return cellsOf(column);
}

describe('a column of integers', () => {
  it.each([
    { type: { kind: 'integer' }, least: -(2n ** 63n), most: 2n ** 63n - 1n },
    { type: { kind: 'timestamp' }, least: -(2n ** 63n), most: 2n ** 63n - 1n },
    ...[1, 4, 5, 9, 10, 18, 19, 38].map((precision) => ({
      type: decimal(precision),
      least: 1n - 10n ** BigInt(precision),
      most: 10n ** BigInt(precision) - 1n,
    })),
  ] as const)(
    'of $type.kind $type.precision takes $least to $most, and nothing beyond',
    ({ type, least, most }) => {
      expect(accepted(type, [least - 1n, least, -1n, 0n, 1n, most, most + 1n])).toEqual([
        least,
        -1n,
        0n,
        1n,
        most,
      ]);
      expect(accepted(type, [2n ** 127n, -(2n ** 128n), 2n ** 200n, 5, '5', true])).toEqual([]);
    },
  );

  it('of dates takes whole numbers of 32 bits, and nothing else', () => {
    const [least, most] = [-(2 ** 31), 2 ** 31 - 1];
    const refused = [least - 1, most + 1, 1.5, Number.NaN, Infinity, 3n, '3', true];
    expect(accepted({ kind: 'date' }, [least, ...refused, 0, -1, most])).toEqual(
      [least, 0, -1, most].map((day) => BigInt(day)),
    );
  });

  it.each([
    ['int16', 15],
    ['int32', 31],
    ['int64', 53],
    ['int128', 53],
  ] as const)('of %s keeps what is put as a number of at most %i bits', (storage, bits) => {
    const [least, most] = [bits === 53 ? -Number.MAX_SAFE_INTEGER : -(2 ** bits), 2 ** bits - 1];
    const edges = [-0, 0, least, most, ...[31, 32, 33].flatMap((power) => [2 ** power, 2 ** power - 1])]
      .flatMap((value) => [value, -value])
      .filter((value) => value >= least && value <= most);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: least, max: most }), { maxLength: 20 }), (drawn) => {
        const numbers = [...edges, ...drawn];
        const column = new IntegerStore(storage, CAPACITY, pool, null);
        for (const [row, value] of numbers.entries()) column.putNumber(row, value);
        expect(cellsOf(column)).toEqual(numbers.map((value) => BigInt(value)));
      }),
    );
  });

  it('keeps integers of 64 bits that are put as two halves', () => {
    const values = [0n, -1n, 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n), 0x0123_4567_89ab_cdefn];
    const column = new IntegerStore('int64', CAPACITY, pool, null);
    for (const [row, value] of values.entries())
      column.putWords(row, Number(value & 0xffff_ffffn), Number(value >> 32n));
    expect(cellsOf(column)).toEqual(values);
  });
});

describe('a column', () => {
  it('of doubles keeps each of them, signs of zero and what is no number included', () => {
    const doubles = [-0, 0, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, Number.NaN, 0.1];
    expect(accepted({ kind: 'double' }, [...doubles, 1n, '1', true])).toStrictEqual(doubles);
  });

  it('of booleans keeps these, and takes neither numbers nor words for them', () => {
    expect(accepted({ kind: 'boolean' }, [true, 1, 'true', false, 0n])).toEqual([true, false]);
  });

  it.each(['integer', 'double', 'boolean', 'date', 'text'] as const)(
    'of %s takes over values and nulls of another',
    (kind) => {
      const value = { integer: 7n, double: 7.5, boolean: true, date: 7, text: 'seven, and then some' }[kind];
      const [from, to] = [0, 1].map(() => createColumn({ name: 'n', type: { kind } }, CAPACITY, pool)) as [
        ColumnStore,
        ColumnStore,
      ];
      from.putCell(0, value);
      from.setNull(1);
      for (const [row, otherRow] of [1, 0, 1, 0].entries()) to.copyFrom(from, otherRow, row);
      const kept = kind === 'date' ? 7n : value;
      expect(cellsOf(to)).toEqual([null, kept, null, kept]);
    },
  );

  it('of wide decimals takes over all their bits', () => {
    const value = 10n ** 38n - 1n;
    const [from, to] = [0, 1].map(() => new IntegerStore('int128', CAPACITY, pool, 10n ** 38n)) as [
      IntegerStore,
      IntegerStore,
    ];
    from.putCell(0, -value);
    from.putCell(1, value);
    for (const row of [0, 1]) to.copyFrom(from, 1 - row, row);
    expect(cellsOf(to)).toEqual([value, -value]);
  });

  it('forgets the nulls of rows that were taken back', () => {
    const column = new DoubleStore(CAPACITY, pool);
    column.putNumber(0, 1);
    column.setNull(1);
    column.truncate(1);
    column.putNumber(1, 2);
    expect(cellsOf(column)).toEqual([1, 2]);
  });
});
