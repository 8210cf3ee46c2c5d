import type { DuckDBDataChunk } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';

/** The most rows that a chunk of DuckDB holds. */
export const CHUNK_ROWS = 2048;

/**
 * The values of one column on their way into a chunk, reused from chunk to chunk. They cross over to DuckDB in one
 * native call per column, which with an object and a call per value would be most of the cost of writing.
 */
export class ColumnBuffer {
  /** Fixed-width values one after another, in the byte order of the machine. */
  readonly data: ArrayBuffer;
  private readonly width: number;
  private readonly validity = new Uint8Array(CHUNK_ROWS / 8);
  private nulls = 0;

  /** @param width bytes per value: that of the column's type in DuckDB */
  constructor(width: number) {
    this.width = width;
    this.data = new ArrayBuffer(CHUNK_ROWS * width);
  }

  setNull(row: number): void {
    if (this.nulls === 0) this.validity.fill(0xff);
    this.nulls += 1;
    this.validity[row >> 3] = (this.validity[row >> 3] ?? 0) & ~(1 << (row & 7));
  }

  /** Copies the first `rowCount` values to a column of a chunk that was reset, and starts anew. */
  moveTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
    duckdb.copy_data_to_vector(vector, 0, this.data, 0, rowCount * this.width);
    if (this.nulls === 0) return;
    duckdb.vector_ensure_validity_writable(vector);
    duckdb.copy_data_to_vector_validity(vector, 0, this.validity.buffer, 0, Math.ceil(rowCount / 64) * 8);
    this.nulls = 0;
  }
}

/** DuckDB's string_t: 4 bytes of length, then the bytes themselves up to this many, else a prefix and a pointer. */
export const STRING_WIDTH = 16;
export const INLINE_BYTES = 12;
export const INLINE_OFFSET = 4;

/** Strings on their way into a chunk: short ASCII ones as they lie in memory, all others through DuckDB. */
export class StringColumnBuffer {
  private readonly slots = new ColumnBuffer(STRING_WIDTH);
  private readonly bytes = new Uint8Array(this.slots.data);
  private longRows: number[] = [];
  private longValues: (string | Uint8Array)[] = [];

  set(row: number, value: string | Uint8Array | null): void {
    if (value === null) {
      this.slots.setNull(row);
    } else if (typeof value !== 'string' || value.length > INLINE_BYTES || !this.setInline(row, value)) {
      this.longRows.push(row);
      this.longValues.push(value);
    }
  }

  moveTo(chunk: DuckDBDataChunk, column: number, rowCount: number): void {
    this.slots.moveTo(chunk, column, rowCount);
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
    for (const [index, row] of this.longRows.entries()) {
      const value = this.longValues[index] ?? '';
      if (typeof value === 'string') duckdb.vector_assign_string_element(vector, row, value);
      else duckdb.vector_assign_string_element_len(vector, row, value);
    }
    this.longRows = [];
    this.longValues = [];
  }

  private setInline(row: number, text: string): boolean {
    const slot = row * STRING_WIDTH;
    this.bytes.fill(0, slot, slot + STRING_WIDTH);
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      this.bytes[slot + INLINE_OFFSET + index] = code;
    }
    this.bytes[slot] = text.length;
    return true;
  }
}
