import type { TypedCell } from '../typed-cell.ts';
import type { MemoryPool } from './memory-pool.ts';

/** How the values of a column lie in memory; DuckDB's vectors have the same form, so they are moved as they are. */
export type Storage = 'boolean' | 'int16' | 'int32' | 'int64' | 'int128' | 'double' | 'text' | 'blob';

/** Bytes per value. */
export const STORAGE_WIDTH: Readonly<Record<Storage, number>> = {
  boolean: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  int128: 16,
  double: 8,
  text: 16,
  blob: 16,
};

/** Values of one column that were taken out of a store; they do not change any more. */
export interface ColumnBlock {
  readonly storage: Storage;
  /** Fixed-width values one after another, in the byte order of the machine. */
  readonly data: ArrayBuffer;
  /** A byte per row, 1 where there is no value; null when there is a value in every row. */
  readonly nulls: Uint8Array<ArrayBuffer> | null;
  /** Text and bytes that are too long for their slot, one after another; null for other storages. */
  readonly arena: Uint8Array<ArrayBuffer> | null;
}

/**
 * The values of one column on their way into a batch. Whoever fills it writes at the row that is open, and may
 * take everything back from a row on. What it holds has the size of a batch, not of a file.
 */
export abstract class ColumnStore {
  readonly storage: Storage;
  /** Rows that have a value or a null; a column that was not filled in the open row is absent in its record. */
  filled = 0;
  protected data: ArrayBuffer;
  protected readonly pool: MemoryPool;
  private readonly width: number;
  private nulls: Uint8Array<ArrayBuffer>;
  private hasNulls = false;

  constructor(storage: Storage, capacity: number, pool: MemoryPool) {
    this.storage = storage;
    this.pool = pool;
    this.width = STORAGE_WIDTH[storage];
    this.data = pool.take(capacity * this.width);
    this.nulls = noNulls(capacity, pool);
  }

  /** Stores a cell that is not null; false when the column cannot hold it. */
  abstract putCell(row: number, cell: TypedCell | Uint8Array | undefined): boolean;

  /** Copies a value, or its absence, from a column of the same storage. */
  abstract copyFrom(other: this, otherRow: number, row: number): void;

  setNull(row: number): void {
    this.nulls[row] = 1;
    this.hasNulls = true;
    this.filled = row + 1;
  }

  isNull(row: number): boolean {
    return this.nulls[row] === 1;
  }

  /** Takes back all rows from this one on. */
  truncate(row: number): void {
    if (this.filled > row && this.hasNulls) this.nulls.fill(0, row, this.filled);
    this.filled = Math.min(this.filled, row);
  }

  grow(capacity: number): void {
    const { data, nulls } = this;
    this.use(this.pool.take(capacity * this.width));
    new Uint8Array(this.data).set(new Uint8Array(data));
    this.nulls = noNulls(capacity, this.pool);
    this.nulls.set(nulls);
    this.pool.give(data);
    this.pool.give(nulls.buffer);
  }

  /**
   * Hands over what was filled, of which the first `rows` rows are meant, and goes on with the rows behind them.
   * The block is to be given back to the pool by `releaseBlock`.
   */
  take(rows: number): ColumnBlock {
    const { data, nulls, filled, hasNulls } = this;
    const block: ColumnBlock = {
      storage: this.storage,
      data,
      nulls: hasNulls ? nulls : null,
      arena: this.takeArena(),
    };
    this.use(this.pool.take(data.byteLength));
    new Uint8Array(this.data).set(new Uint8Array(data, rows * this.width, (filled - rows) * this.width));
    const rest = nulls.subarray(rows, filled);
    this.nulls = noNulls(nulls.byteLength, this.pool);
    this.nulls.set(rest);
    this.hasNulls = rest.includes(1);
    if (!hasNulls) this.pool.give(nulls.buffer);
    this.filled = filled - rows;
    this.moveArena(block);
    return block;
  }

  /** Gives back the memory of a store that is not used any more. */
  release(): void {
    this.pool.give(this.data);
    this.pool.give(this.nulls.buffer);
  }

  /** The memory to work with from now on. */
  protected use(data: ArrayBuffer): void {
    this.data = data;
  }

  protected takeArena(): Uint8Array<ArrayBuffer> | null {
    return null;
  }

  /** The rows behind a block are in their new place; what they refer to has to follow. */
  protected moveArena(_block: ColumnBlock): void {
    // Only text and bytes refer to anything.
  }
}

function noNulls(capacity: number, pool: MemoryPool): Uint8Array<ArrayBuffer> {
  return new Uint8Array(pool.take(capacity)).fill(0);
}

/** Gives back the memory of a block that nobody reads any more. */
export function releaseBlock({ data, nulls, arena }: ColumnBlock, pool: MemoryPool): void {
  for (const memory of [data, nulls?.buffer, arena?.buffer]) if (memory !== undefined) pool.give(memory);
}
