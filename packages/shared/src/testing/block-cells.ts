import type { ColumnBlock, Storage } from '../core/columns/column-store.ts';
import type { TableBlock } from '../core/columns/table-store.ts';

/** Integers of any width are bigints: a block does not say which of them are days. */
export type BlockCell = bigint | number | boolean | string | Uint8Array | null;

/**
 * The rows of a block, by the layout that DuckDB documents for its vectors and by no code of the stores. Throws where
 * DuckDB would compare or read something else than was meant: padding, prefixes and places of text included.
 */
export function rowsOfBlock({ rows, columns }: TableBlock): BlockCell[][] {
  return Array.from({ length: rows }, (_, row) => columns.map((column) => cellOf(column, row)));
}

function cellOf(block: ColumnBlock, row: number): BlockCell {
  return block.nulls?.[row] === 1 ? null : READERS[block.storage](new DataView(block.data), row, block);
}

const READERS: Readonly<Record<Storage, (data: DataView, row: number, block: ColumnBlock) => BlockCell>> = {
  boolean: (data, row) => {
    const byte = data.getUint8(row);
    if (byte > 1) throw new Error(`${byte} is no boolean.`);
    return byte === 1;
  },
  int16: (data, row) => BigInt(data.getInt16(row * 2, true)),
  int32: (data, row) => BigInt(data.getInt32(row * 4, true)),
  int64: (data, row) => data.getBigInt64(row * 8, true),
  int128: (data, row) => (data.getBigInt64(row * 16 + 8, true) << 64n) | data.getBigUint64(row * 16, true),
  double: (data, row) => data.getFloat64(row * 8, true),
  text: (data, row, block) => new TextDecoder('utf-8', UTF8).decode(bytesOf(data, row, block)),
  blob: (data, row, block) => bytesOf(data, row, block).slice(),
};

const UTF8 = { fatal: true, ignoreBOM: true };

/** A string_t: length, then up to 12 bytes padded with zeros, or 4 bytes of them and where all of them are. */
function bytesOf(data: DataView, row: number, { arena }: ColumnBlock): Uint8Array {
  const slot = row * 16;
  const length = data.getUint32(slot, true);
  const inSlot = new Uint8Array(data.buffer, slot + 4, 12);
  if (length <= 12) {
    if (inSlot.subarray(length).some((byte) => byte !== 0))
      throw new Error('A slot is not padded with zeros.');
    return inSlot.subarray(0, length);
  }
  const place = Number(data.getBigUint64(slot + 8, true));
  const bytes = arena?.subarray(place, place + length);
  if (bytes?.byteLength !== length) throw new Error(`Nothing is at ${place}.`);
  if (bytes.subarray(0, 4).some((byte, at) => byte !== inSlot[at]))
    throw new Error('A prefix is not that of its text.');
  return bytes;
}
