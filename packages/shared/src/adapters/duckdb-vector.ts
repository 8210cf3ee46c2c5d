import type { DuckDBDataChunk } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';

import { STORAGE_WIDTH } from '../core/columns/column-store.ts';
import { INLINE_BYTES, INLINE_OFFSET } from '../core/columns/text-store.ts';

/**
 * A column of a chunk as DuckDB holds it in memory, read without a native call per value. It is a view: it must
 * not be used after the chunk is gone.
 */
export interface ChunkVector {
  readonly rowCount: number;
  /** Fixed-width values one after another, in the byte order of the machine. */
  readonly data: Uint8Array;
  readonly isNull: (row: number) => boolean;
}

/** @param width bytes per value: that of the column's type in DuckDB */
export function chunkVector(chunk: DuckDBDataChunk, column: number, width: number): ChunkVector {
  const { rowCount } = chunk;
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
  // A bit per row, in words of 64; nothing when no row is null.
  const validity: Uint8Array | null = duckdb.vector_get_validity(vector, Math.ceil(rowCount / 64) * 8);
  return {
    rowCount,
    data: duckdb.vector_get_data(vector, rowCount * width),
    isNull: validity ? (row) => ((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0 : () => false,
  };
}

const POINTER_OFFSET = 8;

/**
 * Gives each string of a vector of VARCHAR or BLOB to `put`, nulls excepted, in any order.
 *
 * A native call per long string would be most of the cost of reading. Long strings mostly lie one directly after
 * the other, so each such run is fetched by one call; it covers no byte that is not of one of its strings.
 */
export function forEachString(
  vector: ChunkVector,
  put: (row: number, bytes: Buffer, start: number, end: number) => void,
): void {
  const { data, rowCount } = vector;
  const words = new Uint32Array(data.buffer, data.byteOffset, rowCount * 4);
  const pointers = new BigUint64Array(data.buffer, data.byteOffset, rowCount * 2);
  const inline = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  let run: number[] = [];
  let runBytes = 0;
  let runEnd = 0n;
  const flush = () => {
    const [first] = run;
    if (first === undefined) return;
    const view = duckdb.get_data_from_pointer(
      data.buffer as ArrayBuffer,
      data.byteOffset + first * STORAGE_WIDTH.text + POINTER_OFFSET,
      runBytes,
    );
    const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    let start = 0;
    for (const row of run) {
      const end = start + (words[row * 4] ?? 0);
      put(row, bytes, start, end);
      start = end;
    }
    run = [];
    runBytes = 0;
  };
  for (let row = 0; row < rowCount; row += 1) {
    if (vector.isNull(row)) continue;
    const length = words[row * 4] ?? 0;
    if (length <= INLINE_BYTES) {
      const start = row * STORAGE_WIDTH.text + INLINE_OFFSET;
      put(row, inline, start, start + length);
      continue;
    }
    const pointer = pointers[row * 2 + 1] ?? 0n;
    if (pointer !== runEnd) flush();
    run.push(row);
    runBytes += length;
    runEnd = pointer + BigInt(length);
  }
  flush();
}
