import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rowsOfBlock, type BlockCell } from '../../testing/block-cells.ts';
import type { TypedCell } from '../typed-cell.ts';
import { releaseBlock } from './column-store.ts';
import type { StoreColumn } from './create-column.ts';
import { MemoryPool } from './memory-pool.ts';
import { TableStore, type TableBlock } from './table-store.ts';

type Cell = TypedCell | Uint8Array;

const decimal = (precision: number) => ({ kind: 'decimal', precision, scale: 0 }) as const;
const COLUMNS: readonly StoreColumn[] = [
  { name: 'text', type: { kind: 'text' } },
  { name: 'integer', type: { kind: 'integer' } },
  { name: 'bytes', type: { kind: 'blob' } },
  { name: 'flag', type: { kind: 'boolean' } },
  { name: 'double', type: { kind: 'double' } },
  { name: 'day', type: { kind: 'date' } },
  { name: 'at', type: { kind: 'timestamp' } },
  { name: 'narrow', type: decimal(4) },
  { name: 'small', type: decimal(9) },
  { name: 'money', type: decimal(18) },
  { name: 'wide', type: decimal(38) },
  { name: 'json', type: { kind: 'json' } },
];
const within = (limit: bigint) => fc.bigInt({ min: 1n - limit, max: limit - 1n });
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.nat({ max: 300 }).map((length) => 'é'.repeat(length)),
);
/** In the order of the columns. */
const VALUES: readonly fc.Arbitrary<Cell>[] = [
  text,
  long,
  fc.uint8Array({ maxLength: 40 }).map((drawn) => new Uint8Array(drawn)),
  fc.boolean(),
  fc.double(),
  fc.integer(),
  long,
  within(10n ** 4n),
  within(10n ** 9n),
  within(10n ** 18n),
  within(10n ** 38n),
  text.map((value) => JSON.stringify(value)),
];
const row = fc.tuple(...VALUES.map((value) => fc.option(value, { freq: 4 })));

type Step =
  /** A row so many times; the store grows only by thousands of them. */
  | { readonly do: 'append'; readonly row: readonly Cell[]; readonly times: number }
  /** The first cells of a row whose record is then refused. */
  | { readonly do: 'begin'; readonly row: readonly Cell[]; readonly cells: number }
  | { readonly do: 'commit' | 'rollback' }
  /** Of the committed rows this share is taken out. */
  | { readonly do: 'take'; readonly share: number; readonly releaseOldest: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append'),
      row,
      times: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 1, max: 5 }) }, fc.constantFrom(1000, 3000)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('begin'), row, cells: fc.nat({ max: COLUMNS.length }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('commit') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rollback') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('take'),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      releaseOldest: fc.boolean(),
    }),
  },
);

/** A store, and beside it plain arrays that say what must be in it. */
class Comparison {
  readonly pool = new MemoryPool();
  readonly store = new TableStore(COLUMNS, this.pool);
  private committed: (readonly Cell[])[] = [];
  private pending: (readonly Cell[])[] = [];
  private taken: { readonly block: TableBlock; readonly rows: readonly (readonly Cell[])[] }[] = [];

  run(next: Step): void {
    switch (next.do) {
      case 'append':
        for (let time = 0; time < next.times; time += 1) this.store.append(next.row);
        this.pending.push(...Array.from({ length: next.times }, () => next.row));
        break;
      case 'begin':
        this.begin(next.row.slice(0, next.cells));
        this.rollback();
        break;
      case 'commit':
        this.commit();
        break;
      case 'rollback':
        this.rollback();
        break;
      case 'take':
        this.commit();
        this.take(Math.round(this.committed.length * next.share));
        if (next.releaseOldest) this.checkOldest();
    }
    expect(this.store.rows).toBe(this.committed.length + this.pending.length);
  }

  /** What was taken out must not have changed by all that came after it, and the rest must be all the rest. */
  finish(): void {
    this.commit();
    this.take(this.committed.length);
    while (this.taken.length > 0) this.checkOldest();
    this.store.release();
  }

  private begin(cells: readonly Cell[]): void {
    const { columns, rows } = this.store;
    for (const [index, cell] of cells.entries()) {
      if (cell === null) columns[index]?.setNull(rows);
      else expect(columns[index]?.putCell(rows, cell)).toBe(true);
    }
  }

  private commit(): void {
    this.store.commit();
    this.committed.push(...this.pending);
    this.pending = [];
  }

  private rollback(): void {
    this.store.rollback();
    this.pending = [];
  }

  private take(rows: number): void {
    this.taken.push({ block: this.store.take(rows), rows: this.committed.splice(0, rows) });
  }

  private checkOldest(): void {
    const oldest = this.taken.shift();
    if (oldest === undefined) return;
    expect(rowsOfBlock(oldest.block)).toStrictEqual(oldest.rows.map(asInBlock));
    for (const column of oldest.block.columns) releaseBlock(column, this.pool);
  }
}

/** Days are numbers in a cell and integers in a block. */
function asInBlock(cells: readonly Cell[]): BlockCell[] {
  return cells.map((cell, index) =>
    COLUMNS[index]?.type.kind === 'date' && cell !== null ? BigInt(cell as number) : cell,
  );
}

describe('a store of rows', () => {
  it('holds what was committed and nothing of what was taken back, whatever the order of steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const comparison = new Comparison();
        for (const next of steps) comparison.run(next);
        comparison.finish();
      }),
      { numRuns: 200 },
    );
  });

  it('says how large a row is: eight bytes a column, and its text and bytes', () => {
    const store = new TableStore(COLUMNS.slice(0, 3), new MemoryPool());
    store.append(['é', 1n, new Uint8Array(100)]);
    store.append([null, null, null]);
    store.append(['x'.repeat(1000), null, null]);
    expect([0, 1, 2].map((index) => store.bytesOf(index))).toEqual([24 + 102, 24, 24 + 1000]);
  });

  it.each<[column: number, cell: Cell, told: string]>([
    [0, 1n, 'Column \'text\' of type text was given the bigint "1".'],
    [0, 'half a \ud83d', "Column 'text' of type text was given the string"],
    [1, 1, "Column 'integer' of type integer was given the number 1."],
    [2, 2, "Column 'bytes' of type blob was given the number 2."],
    [2, 'text', 'Column \'bytes\' of type blob was given the string "text".'],
    [9, 10n ** 18n, "Column 'money' of type decimal(18,0) was given the bigint"],
  ])('refuses cells of other types, column %i: %s', (column, cell, told) => {
    const store = new TableStore(COLUMNS, new MemoryPool());
    const cells: Cell[] = COLUMNS.map(() => null);
    cells[column] = cell;
    expect(() => store.append(cells)).toThrow(told);
  });
});
