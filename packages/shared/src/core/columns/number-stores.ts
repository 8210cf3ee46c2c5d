import type { TypedCell } from '../typed-cell.ts';
import { ColumnStore } from './column-store.ts';
import type { MemoryPool } from './memory-pool.ts';

const TWO_POWER_32 = 4_294_967_296;

const INTEGER_BITS = { int16: 16, int32: 32, int64: 64, int128: 128 } as const;
export type IntegerStorage = keyof typeof INTEGER_BITS;

/** Integers of 16 to 128 bits: integers, decimals without their point, days and microseconds. */
export class IntegerStore extends ColumnStore {
  private readonly limit: bigint;
  /** Days are numbers; all else may need more bits than those have. */
  private readonly ofDays: boolean;
  private readonly bits: number;
  private readonly wordsPerValue: number;
  private shorts: Int16Array;
  private words: Int32Array;
  private longs: BigInt64Array;

  /** @param values `days`: cells are numbers; a bigint: cells are bigints nearer to zero than it; null: any that fit */
  constructor(storage: IntegerStorage, capacity: number, pool: MemoryPool, values: 'days' | bigint | null) {
    super(storage, capacity, pool);
    this.bits = INTEGER_BITS[storage];
    this.ofDays = values === 'days';
    this.limit = typeof values === 'bigint' ? values : 2n ** BigInt(this.bits);
    this.wordsPerValue = this.bits / 32;
    [this.shorts, this.words, this.longs] = views(this.data);
  }

  /** @param value an integer of at most 53 bits that fits into the column */
  putNumber(row: number, value: number): void {
    this.filled = row + 1;
    const { bits } = this;
    if (bits === 64) {
      const { words } = this;
      words[row * 2] = value;
      words[row * 2 + 1] = (value | 0) === value ? value >> 31 : Math.floor(value / TWO_POWER_32);
    } else if (bits === 32) {
      this.words[row] = value;
    } else if (bits === 16) {
      this.shorts[row] = value;
    } else {
      const sign = value < 0 ? -1 : 0;
      this.words[row * 4] = value;
      this.words[row * 4 + 1] = Math.floor(value / TWO_POWER_32);
      this.words[row * 4 + 2] = sign;
      this.words[row * 4 + 3] = sign;
    }
  }

  /** As `putNumber`, of 32 bits at most: what most values are, and there is nothing to divide. */
  putInt32(row: number, value: number): void {
    if (this.bits === 64) this.putWords(row, value, value >> 31);
    else this.putNumber(row, value);
  }

  /** The two halves of an integer of 64 bits, for a column of such. */
  putWords(row: number, low: number, high: number): void {
    this.filled = row + 1;
    this.words[row * 2] = low;
    this.words[row * 2 + 1] = high;
  }

  override putCell(row: number, cell: TypedCell | Uint8Array | undefined): boolean {
    if (typeof cell === 'bigint') return !this.ofDays && this.putBigInt(row, cell);
    if (!this.ofDays || typeof cell !== 'number' || (cell | 0) !== cell) return false;
    this.putNumber(row, cell);
    return true;
  }

  override copyFrom(other: this, otherRow: number, row: number): void {
    if (other.isNull(otherRow)) {
      this.setNull(row);
      return;
    }
    this.filled = row + 1;
    if (this.bits === 16) {
      this.shorts[row] = other.shorts[otherRow] ?? 0;
      return;
    }
    const count = this.wordsPerValue;
    for (let word = 0; word < count; word += 1) {
      this.words[row * count + word] = other.words[otherRow * count + word] ?? 0;
    }
  }

  protected override use(data: ArrayBuffer): void {
    super.use(data);
    [this.shorts, this.words, this.longs] = views(data);
  }

  private putBigInt(row: number, value: bigint): boolean {
    if (value >= this.limit || value <= -this.limit || BigInt.asIntN(this.bits, value) !== value)
      return false;
    if (this.bits <= 32) {
      this.putNumber(row, Number(value));
      return true;
    }
    this.filled = row + 1;
    if (this.bits === 64) {
      this.longs[row] = value;
    } else {
      this.longs[row * 2] = BigInt.asIntN(64, value);
      this.longs[row * 2 + 1] = value >> 64n;
    }
    return true;
  }
}

function views(data: ArrayBuffer): [Int16Array, Int32Array, BigInt64Array] {
  return [new Int16Array(data), new Int32Array(data), new BigInt64Array(data)];
}

export class DoubleStore extends ColumnStore {
  private items = new Float64Array(this.data);

  constructor(capacity: number, pool: MemoryPool) {
    super('double', capacity, pool);
  }

  putNumber(row: number, value: number): void {
    this.filled = row + 1;
    this.items[row] = value;
  }

  override putCell(row: number, cell: TypedCell | Uint8Array | undefined): boolean {
    if (typeof cell !== 'number') return false;
    this.putNumber(row, cell);
    return true;
  }

  override copyFrom(other: this, otherRow: number, row: number): void {
    if (other.isNull(otherRow)) this.setNull(row);
    else this.putNumber(row, other.items[otherRow] ?? 0);
  }

  protected override use(data: ArrayBuffer): void {
    super.use(data);
    this.items = new Float64Array(data);
  }
}

export class BooleanStore extends ColumnStore {
  private items = new Uint8Array(this.data);

  constructor(capacity: number, pool: MemoryPool) {
    super('boolean', capacity, pool);
  }

  putBoolean(row: number, value: boolean): void {
    this.filled = row + 1;
    this.items[row] = value ? 1 : 0;
  }

  override putCell(row: number, cell: TypedCell | Uint8Array | undefined): boolean {
    if (typeof cell !== 'boolean') return false;
    this.putBoolean(row, cell);
    return true;
  }

  override copyFrom(other: this, otherRow: number, row: number): void {
    if (other.isNull(otherRow)) this.setNull(row);
    else this.putBoolean(row, other.items[otherRow] === 1);
  }

  protected override use(data: ArrayBuffer): void {
    super.use(data);
    this.items = new Uint8Array(data);
  }
}
