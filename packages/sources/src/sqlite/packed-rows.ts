import type { SourceValue } from '../source-value.ts';

/** What a value of SQLite is; each row has its own in every column, whatever the column was declared as. */
export const VALUE_KIND = { null: 0, integer: 1, real: 2, text: 3, bytes: 4 } as const;

/** Values of one column in consecutive rows, in memory that crosses between threads without a copy. */
export interface PackedColumn {
  /** A VALUE_KIND for each row. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** Eight bytes for each row: an integer as int64, a real as double, else nothing. */
  readonly numbers: ArrayBuffer;
  /** Where the text or bytes of each row end in `bytes`; they begin where those of the row before end. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** Text as UTF-8, and bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PackedRows {
  readonly rowCount: number;
  readonly recordNumbers: Float64Array<ArrayBuffer>;
  readonly columns: readonly PackedColumn[];
}

/** The memory that a message has to hand over, in the order in which `RowPacker` takes it again. */
export function memoryOf({ recordNumbers, columns }: PackedRows): ArrayBuffer[] {
  return [
    recordNumbers.buffer,
    ...columns.flatMap(({ kinds, numbers, ends, bytes }) => [
      kinds.buffer,
      numbers,
      ends.buffer,
      bytes.buffer,
    ]),
  ];
}

/** The value in a row as SQLite gave it. */
export function unpackValue(column: PackedColumn, row: number): SourceValue {
  const { kinds, numbers, ends, bytes } = column;
  switch (kinds[row]) {
    case VALUE_KIND.integer:
      return new BigInt64Array(numbers)[row] ?? null;
    case VALUE_KIND.real:
      return new Float64Array(numbers)[row] ?? null;
    case VALUE_KIND.text:
      return Buffer.from(bytes.buffer).toString('utf8', startOf(ends, row), ends[row]);
    case VALUE_KIND.bytes:
      return bytes.slice(startOf(ends, row), ends[row]);
    default:
      return null;
  }
}

export function startOf(ends: Uint32Array, row: number): number {
  return row === 0 ? 0 : (ends[row - 1] ?? 0);
}

const BUFFERS_PER_COLUMN = 4;
const FIRST_BYTES = 16 * 1024;
/** Of a character in UTF-8, for each unit of a JavaScript string. */
const MOST_BYTES_PER_UNIT = 3;

const SHORT_TEXT = 32;
const LAST_ASCII = 0x7f;
const REPLACEMENT = Buffer.from('\uFFFD');

class ColumnPacker {
  readonly #kinds: Uint8Array<ArrayBuffer>;
  readonly #integers: BigInt64Array<ArrayBuffer>;
  readonly #reals: Float64Array<ArrayBuffer>;
  readonly #ends: Uint32Array<ArrayBuffer>;
  #bytes: Buffer<ArrayBuffer>;
  #end = 0;

  /** @param used kinds, numbers, ends and bytes of another packer of this capacity, with any content */
  constructor(capacity: number, used: readonly (ArrayBuffer | undefined)[]) {
    const [kinds, numbers = new ArrayBuffer(capacity * 8), ends, bytes = new ArrayBuffer(FIRST_BYTES)] = used;
    this.#kinds = new Uint8Array(kinds ?? new ArrayBuffer(capacity));
    this.#integers = new BigInt64Array(numbers);
    this.#reals = new Float64Array(numbers);
    this.#ends = new Uint32Array(ends ?? new ArrayBuffer(capacity * 4));
    this.#bytes = Buffer.from(bytes);
  }

  /** @returns bytes of text and bytes so far */
  add(row: number, value: unknown): number {
    if (typeof value === 'bigint') {
      this.#kinds[row] = VALUE_KIND.integer;
      this.#integers[row] = value;
    } else if (typeof value === 'string') {
      this.#kinds[row] = VALUE_KIND.text;
      this.#reserve(value.length * MOST_BYTES_PER_UNIT);
      this.#end = value.length > SHORT_TEXT ? this.#write(value) : this.#writeShort(value);
    } else if (typeof value === 'number') {
      this.#kinds[row] = VALUE_KIND.real;
      this.#reals[row] = value;
    } else if (value instanceof Uint8Array) {
      this.#kinds[row] = VALUE_KIND.bytes;
      this.#reserve(value.byteLength);
      this.#bytes.set(value, this.#end);
      this.#end += value.byteLength;
    } else {
      this.#kinds[row] = VALUE_KIND.null;
    }
    this.#ends[row] = this.#end;
    return this.#end;
  }

  /** Whether a text has the character that stands for what could not be decoded. */
  get hasReplacement(): boolean {
    return this.#bytes.subarray(0, this.#end).includes(REPLACEMENT);
  }

  /** A call to write so few characters takes longer than writing them. */
  #writeShort(text: string): number {
    const bytes = this.#bytes;
    let end = this.#end;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > LAST_ASCII) return this.#write(text);
      bytes[end] = code;
      end += 1;
    }
    return end;
  }

  #write(text: string): number {
    return this.#end + this.#bytes.write(text, this.#end);
  }

  pack(): PackedColumn {
    return {
      kinds: this.#kinds,
      numbers: this.#integers.buffer,
      ends: this.#ends,
      bytes: new Uint8Array(this.#bytes.buffer, 0, this.#end),
    };
  }

  #reserve(byteCount: number): void {
    const needed = this.#end + byteCount;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.from(new ArrayBuffer(Math.max(needed, this.#bytes.length * 2)));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}

/** Packs rows up to a capacity. */
export class RowPacker {
  rowCount = 0;
  /** Of text and bytes. */
  byteCount = 0;
  readonly #columns: readonly ColumnPacker[];
  readonly #recordNumbers: Float64Array<ArrayBuffer>;

  /** @param used the memory of rows that another packer of these columns and this capacity has packed */
  constructor(columnCount: number, capacity: number, used: readonly ArrayBuffer[] = []) {
    const [recordNumbers = new ArrayBuffer(capacity * 8), ...columns] = used;
    this.#recordNumbers = new Float64Array(recordNumbers);
    this.#columns = Array.from(
      { length: columnCount },
      (_, index) =>
        new ColumnPacker(
          capacity,
          columns.slice(index * BUFFERS_PER_COLUMN, (index + 1) * BUFFERS_PER_COLUMN),
        ),
    );
  }

  /** @param values in the order of the columns; what stands behind them is left alone */
  add(values: readonly unknown[], recordNumber: number): void {
    const columns = this.#columns;
    const row = this.rowCount;
    let byteCount = 0;
    for (let index = 0; index < columns.length; index += 1) {
      byteCount += (columns[index] as ColumnPacker).add(row, values[index]);
    }
    this.byteCount = byteCount;
    this.#recordNumbers[row] = recordNumber;
    this.rowCount = row + 1;
  }

  /** Whether any text has the character that stands for what could not be decoded. */
  get hasReplacement(): boolean {
    return this.#columns.some((column) => column.hasReplacement);
  }

  pack(): PackedRows {
    return {
      rowCount: this.rowCount,
      recordNumbers: this.#recordNumbers,
      columns: this.#columns.map((column) => column.pack()),
    };
  }
}
