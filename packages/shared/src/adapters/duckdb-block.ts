import duckdb, { type DataChunk, type Vector } from '@duckdb/node-bindings';

import { STORAGE_WIDTH, type ColumnBlock } from '../core/columns/column-store.ts';
import type { StoreColumn } from '../core/columns/create-column.ts';
import type { TableBlock } from '../core/columns/table-store.ts';
import { INLINE_BYTES } from '../core/columns/text-store.ts';
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  TIMESTAMP,
  VARCHAR,
  type DuckDBType,
} from '../npm/duckdb.ts';

/** The most rows that a chunk of DuckDB holds. */
export const CHUNK_ROWS = 2048;

/** The type in which DuckDB holds a column of this storage. */
export function engineType({ type }: StoreColumn): DuckDBType {
  switch (type.kind) {
    case 'text':
    case 'json':
      return VARCHAR;
    case 'blob':
      return BLOB;
    case 'integer':
      return BIGINT;
    case 'double':
      return DOUBLE;
    case 'boolean':
      return BOOLEAN;
    case 'date':
      return DATE;
    case 'timestamp':
      return TIMESTAMP;
    case 'decimal':
      return DECIMAL(type.precision, type.scale);
  }
}

/**
 * Copies rows of a block into a chunk, a native call or two per column: with a call per value they would be most of
 * the cost of writing.
 * @param rowCount at most CHUNK_ROWS
 */
export function fillChunk(chunk: DataChunk, block: TableBlock, fromRow: number, rowCount: number): void {
  for (const [index, column] of block.columns.entries()) {
    const vector = duckdb.data_chunk_get_vector(chunk, index);
    const width = STORAGE_WIDTH[column.storage];
    if (column.arena === null || !fillTexts(vector, column, column.arena, fromRow, rowCount)) {
      duckdb.copy_data_to_vector(vector, 0, column.data, fromRow * width, rowCount * width);
    }
    if (column.nulls !== null) fillValidity(vector, column.nulls.subarray(fromRow, fromRow + rowCount));
  }
  duckdb.data_chunk_set_size(chunk, rowCount);
}

const validity = new Uint8Array(CHUNK_ROWS / 8);

function fillValidity(vector: Vector, nulls: Uint8Array): void {
  if (!nulls.includes(1)) return;
  const count = nulls.byteLength;
  for (let row = 0; row < count; row += 8) {
    let bits = 0;
    for (let bit = 0; bit < 8; bit += 1) if (nulls[row + bit] !== 1) bits |= 1 << bit;
    validity[row >> 3] = bits;
  }
  duckdb.vector_ensure_validity_writable(vector);
  const bytes = Math.ceil(nulls.byteLength / 64) * 8;
  duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, bytes);
}

const slotBuffer = new ArrayBuffer(CHUNK_ROWS * STORAGE_WIDTH.text);
const slots = new Uint8Array(slotBuffer);
const words = new Int32Array(slotBuffer);
const places = new BigUint64Array(slotBuffer);
const POINTER_OFFSET = 8;

/**
 * Texts that do not fit into their slots lie one after another in the arena. Their part of it is given to DuckDB as
 * one string, which thereby owns a copy of it; its address makes addresses of the offsets in the slots.
 * @returns false when all texts are in their slots
 */
function fillTexts(
  vector: Vector,
  column: ColumnBlock,
  arena: Uint8Array,
  fromRow: number,
  rowCount: number,
): boolean {
  slots.set(new Uint8Array(column.data, fromRow * STORAGE_WIDTH.text, rowCount * STORAGE_WIDTH.text));
  const isLong = (row: number) => (words[row * 4] ?? 0) > INLINE_BYTES;
  let first = 0;
  while (first < rowCount && !isLong(first)) first += 1;
  if (first === rowCount) return false;
  let last = rowCount - 1;
  while (!isLong(last)) last -= 1;
  const start = words[first * 4 + 2] ?? 0;
  const end = (words[last * 4 + 2] ?? 0) + (words[last * 4] ?? 0);
  duckdb.vector_assign_string_element_len(vector, 0, arena.subarray(start, end));
  const holder = duckdb.vector_get_data(vector, STORAGE_WIDTH.text);
  const address = new DataView(holder.buffer, holder.byteOffset).getBigUint64(POINTER_OFFSET, true);
  for (let row = first; row <= last; row += 1) {
    if (!isLong(row)) continue;
    places[row * 2 + 1] = address + BigInt((words[row * 4 + 2] ?? 0) - start);
  }
  duckdb.copy_data_to_vector(vector, 0, slotBuffer, 0, rowCount * STORAGE_WIDTH.text);
  return true;
}
