import { describe, expect, it } from 'vitest';

import { rowsOfBlock, type BlockCell } from '../../testing/block-cells.ts';
import { releaseBlock } from './column-store.ts';
import { MemoryPool } from './memory-pool.ts';
import { TextStore } from './text-store.ts';

/** Around the 12 bytes that a slot has room for, the 64 that are copied byte by byte, and the arena as it is at first. */
const LENGTHS = [0, 1, 3, 4, 5, 11, 12, 13, 16, 63, 64, 65, 1000, 65_535, 65_536, 65_537, 200_000];

const textOf = (length: number) =>
  Array.from({ length }, (_, at) => String.fromCharCode(97 + (at % 26))).join('');

function take(store: TextStore, rows: number): BlockCell[] {
  return rowsOfBlock({ rows, columns: [store.take(rows)] }).map(([cell]) => cell ?? null);
}

describe('a column of text', () => {
  it('keeps texts of any length, in any order of lengths', () => {
    for (const order of [LENGTHS, LENGTHS.toReversed()]) {
      const store = new TextStore('text', LENGTHS.length, new MemoryPool());
      for (const [row, length] of order.entries()) expect(store.putCell(row, textOf(length))).toBe(true);
      expect(order.map((_, row) => store.lengthOf(row))).toEqual(order);
      expect(take(store, LENGTHS.length)).toEqual(order.map(textOf));
    }
  });

  it('keeps characters of all lengths, zeros and byte order marks', () => {
    const texts = [
      'é',
      '\u0000',
      'a\u0000b',
      '\ufeffmark',
      '😀',
      '😀😀😀',
      '😀😀😀!',
      'ẞ'.repeat(30),
      '\u2028',
    ];
    const store = new TextStore('text', texts.length, new MemoryPool());
    for (const [row, text] of texts.entries()) store.putCell(row, text);
    expect(take(store, texts.length)).toEqual(texts);
  });

  it('refuses half a surrogate pair, which UTF-8 cannot write', () => {
    const store = new TextStore('text', 3, new MemoryPool());
    for (const half of ['\ud83d', '\ude00\ud83d', `${'x'.repeat(20)}\ude00`])
      expect(store.putCell(0, half)).toBe(false);
    expect(store.filled).toBe(0);
  });

  it('takes the bytes of a larger text from where they are', () => {
    const bytes = Buffer.from(`....${textOf(100)}....`);
    const store = new TextStore('text', 3, new MemoryPool());
    for (const [row, length] of [5, 12, 100].entries()) store.putBytes(row, bytes, 4, 4 + length);
    expect(take(store, 3)).toEqual([textOf(5), textOf(12), textOf(100)]);
  });

  it('leaves nothing of an earlier value behind, in a slot that is used again', () => {
    const pool = new MemoryPool();
    const store = new TextStore('text', 2, pool);
    store.putCell(0, textOf(12));
    store.putCell(1, textOf(100));
    const used = store.used;
    store.truncateTo(0, 0);
    for (const row of [0, 1]) store.putCell(row, 'ab');
    expect(store.used).toBeLessThan(used);
    expect(take(store, 2)).toEqual(['ab', 'ab']);
  });

  it('a null has no length, whatever was in its slot', () => {
    const store = new TextStore('text', 1, new MemoryPool());
    store.putCell(0, textOf(100));
    store.truncateTo(0, 0);
    store.setNull(0);
    expect(store.lengthOf(0)).toBe(0);
    expect(take(store, 1)).toEqual([null]);
  });

  it('goes on with the rows behind those that were taken, when their memory is used for something else', () => {
    const pool = new MemoryPool();
    const store = new TextStore('text', 8, pool);
    const texts = [textOf(100), null, 'short', textOf(70_000), textOf(13)];
    for (const [row, text] of texts.entries()) {
      if (text === null) store.setNull(row);
      else store.putCell(row, text);
    }
    releaseBlock(store.take(1), pool);
    const other = new TextStore('text', 8, pool);
    for (let row = 0; row < 8; row += 1) other.putCell(row, '-'.repeat(30_000));
    expect(take(store, 4)).toEqual(texts.slice(1));
  });
});

describe('a column of bytes', () => {
  it('keeps bytes that are no text', () => {
    const values = LENGTHS.map((length) => new Uint8Array(length).fill(0xff));
    const store = new TextStore('blob', LENGTHS.length, new MemoryPool());
    for (const [row, value] of values.entries()) expect(store.putCell(row, value)).toBe(true);
    const taken = take(store, LENGTHS.length) as Uint8Array[];
    expect(taken.map((bytes, row) => Buffer.from(bytes).equals(values[row] ?? bytes))).not.toContain(false);
    expect(taken.map(({ byteLength }) => byteLength)).toEqual(LENGTHS);
  });

  it('is the only one that takes them', () => {
    expect(new TextStore('text', 1, new MemoryPool()).putCell(0, new Uint8Array(3))).toBe(false);
  });
});
