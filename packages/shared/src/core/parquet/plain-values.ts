import { STORAGE_WIDTH, type ColumnBlock } from '../columns/column-store.ts';
import { INLINE_BYTES } from '../columns/text-store.ts';
import type { CompactWriter } from './compact-writer.ts';

const LENGTH_BYTES = 4;
const SLOT_WORDS = 4;
const PLACE_WORD = 2;

/**
 * Writes the values of rows, those that are not null, in Parquet's PLAIN encoding. Memory of columns is
 * little-endian, as Parquet is.
 */
export function putPlainValues(out: CompactWriter, column: ColumnBlock, from: number, to: number): void {
  switch (column.storage) {
    case 'boolean':
      return putBooleans(out, column, from, to);
    case 'int16':
      return putNarrow(out, column, from, to);
    case 'int128':
      return putWide(out, column, from, to);
    case 'text':
    case 'blob':
      return putTexts(out, column, from, to);
    default:
      return putFixed(out, column, from, to);
  }
}

/** Runs of values as they lie in memory. */
function putFixed(out: CompactWriter, { data, storage, nulls }: ColumnBlock, from: number, to: number): void {
  const width = STORAGE_WIDTH[storage];
  for (let row = from; row < to;) {
    const next = nulls?.indexOf(1, row) ?? -1;
    const end = next === -1 || next > to ? to : next;
    if (end > row) out.put(new Uint8Array(data, row * width, (end - row) * width));
    row = end + 1;
  }
}

/** Integers of 16 bits, which Parquet keeps in 32. */
function putNarrow(out: CompactWriter, { data, nulls }: ColumnBlock, from: number, to: number): void {
  const values = new Int16Array(data);
  let at = out.take((to - from) * 4);
  for (let row = from; row < to; row += 1) {
    if (nulls?.[row] === 1) continue;
    const value = values[row] as number;
    for (let shift = 0; shift < 32; shift += 8) out.bytes[at++] = value >> shift;
  }
  out.length = at;
}

/** Integers of 128 bits, which Parquet keeps with their highest byte first. */
function putWide(out: CompactWriter, { data, nulls }: ColumnBlock, from: number, to: number): void {
  const values = new Uint8Array(data);
  let at = out.take((to - from) * 16);
  for (let row = from; row < to; row += 1) {
    if (nulls?.[row] === 1) continue;
    for (let byte = row * 16 + 15; byte >= row * 16; byte -= 1) out.bytes[at++] = values[byte] as number;
  }
  out.length = at;
}

/** A bit each, the lowest first. */
function putBooleans(out: CompactWriter, { data, nulls }: ColumnBlock, from: number, to: number): void {
  const values = new Uint8Array(data);
  let bits = 0;
  let count = 0;
  for (let row = from; row < to; row += 1) {
    if (nulls?.[row] === 1) continue;
    bits |= (values[row] as number) << (count & 7);
    count += 1;
    if ((count & 7) !== 0) continue;
    out.byte(bits);
    bits = 0;
  }
  if ((count & 7) !== 0) out.byte(bits);
}

/** Each with its length before it; which is how short ones lie in their slots. */
function putTexts(out: CompactWriter, { data, nulls, arena }: ColumnBlock, from: number, to: number): void {
  const words = new Int32Array(data);
  const slots = new Uint8Array(data);
  for (let row = from; row < to; row += 1) {
    if (nulls?.[row] === 1) continue;
    const word = row * SLOT_WORDS;
    const length = words[word] as number;
    let at = out.take(LENGTH_BYTES + length);
    const { bytes } = out;
    const isShort = length <= INLINE_BYTES;
    const slot = word * 4;
    const inSlot = slot + LENGTH_BYTES + (isShort ? length : 0);
    for (let byte = slot; byte < inSlot; byte += 1) bytes[at++] = slots[byte] as number;
    if (isShort || arena === null) continue;
    const place = words[word + PLACE_WORD] as number;
    bytes.set(arena.subarray(place, place + length), at);
  }
}

/**
 * Writes which rows have a value: as definition levels in Parquet's hybrid of runs and packed bits, with their length
 * in bytes before them.
 */
export function putLevels(out: CompactWriter, { nulls }: ColumnBlock, from: number, to: number): void {
  const rows = to - from;
  const first = nulls?.indexOf(1, from) ?? -1;
  if (nulls === null || first === -1 || first >= to) {
    out.uint32(varintBytes(rows * 2) + 1);
    out.varint(rows * 2);
    out.byte(1);
    return;
  }
  const groups = Math.ceil(rows / 8);
  out.uint32(varintBytes(groups * 2 + 1) + groups);
  out.varint(groups * 2 + 1);
  const at = out.take(groups);
  out.bytes.fill(0, at, at + groups);
  for (let row = 0; row < rows; row += 1) {
    if (nulls[from + row] === 1) continue;
    const byte = at + (row >> 3);
    out.bytes[byte] = (out.bytes[byte] as number) | (1 << (row & 7));
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes += 1;
  return bytes;
}
