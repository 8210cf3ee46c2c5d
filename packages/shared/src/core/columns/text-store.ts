import type { TypedCell } from '../typed-cell.ts';
import { ColumnStore, type ColumnBlock } from './column-store.ts';
import type { MemoryPool } from './memory-pool.ts';

/**
 * A slot is DuckDB's string_t: 4 bytes of length, then the bytes themselves up to 12, else their first 4 and 8 bytes
 * of place. The place is an offset into the arena here, and becomes an address when it is moved into a vector.
 */
export const INLINE_BYTES = 12;
const SLOT_BYTES = 16;
const SLOT_WORDS = 4;
const WORD_BYTES = 4;
export const INLINE_OFFSET = 4;
const PREFIX_BYTES = 4;
const PLACE_WORD = 2;
const FIRST_ARENA_BYTES = 64 * 1024;
/** For texts of 0 to 12 bytes, what of the first, second and third word belongs to them. */
const [FIRST_MASKS, SECOND_MASKS, THIRD_MASKS] = [masks(0), masks(1), masks(2)];

/** DuckDB's binding would turn half a surrogate pair into U+FFFD. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** Text as UTF-8, or bytes. */
export class TextStore extends ColumnStore {
  private slots = new Uint8Array(this.data);
  private words = new Int32Array(this.data);
  private arena: Uint8Array<ArrayBuffer>;
  private arenaView: DataView;
  private arenaEnd = 0;

  constructor(storage: 'text' | 'blob', capacity: number, pool: MemoryPool) {
    super(storage, capacity, pool);
    this.arena = new Uint8Array(pool.take(FIRST_ARENA_BYTES));
    this.arenaView = new DataView(this.arena.buffer);
  }

  /** @param bytes of which `start` to `end` are valid UTF-8, unless the column is one of bytes */
  putBytes(row: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const word = row * SLOT_WORDS;
    const { words, slots } = this;
    this.filled = row + 1;
    words[word] = length;
    words[word + 1] = 0;
    if (length <= INLINE_BYTES) {
      words[word + 2] = 0;
      words[word + 3] = 0;
      const to = row * SLOT_BYTES + INLINE_OFFSET - start;
      for (let at = start; at < end; at += 1) slots[to + at] = bytes[at] as number;
      return;
    }
    const place = this.reserve(length);
    this.copyToArena(bytes, start, end, place);
    this.refer(row, place);
  }

  /**
   * As `putBytes`, but by words, what stands behind the text included: most texts are short, and a loop over their
   * bytes would cost more than all else.
   */
  putView(row: number, view: DataView, start: number, end: number): void {
    if (end + INLINE_BYTES > view.byteLength) return this.putBytes(row, bytesOf(view), start, end);
    const length = end - start;
    const first = view.getInt32(start, true);
    if (length <= INLINE_BYTES) {
      const second = view.getInt32(start + WORD_BYTES, true);
      return this.putWords(row, length, first, second, view.getInt32(start + 2 * WORD_BYTES, true));
    }
    const word = row * SLOT_WORDS;
    const { words } = this;
    this.filled = row + 1;
    words[word] = length;
    const place = this.reserve(length);
    words[word + 1] = first;
    words[word + 2] = place;
    words[word + 3] = 0;
    const { arenaView } = this;
    for (let at = 0; at < length; at += WORD_BYTES)
      arenaView.setInt32(place + at, view.getInt32(start + at, true), true);
  }

  /** Puts a text of at most 12 bytes by its words, in which anything may stand behind it. */
  putWords(row: number, length: number, first: number, second: number, third: number): void {
    const word = row * SLOT_WORDS;
    const { words } = this;
    this.filled = row + 1;
    words[word] = length;
    words[word + 1] = first & (FIRST_MASKS[length] as number);
    words[word + 2] = second & (SECOND_MASKS[length] as number);
    words[word + 3] = third & (THIRD_MASKS[length] as number);
  }

  override putCell(row: number, cell: TypedCell | Uint8Array | undefined): boolean {
    if (cell instanceof Uint8Array) {
      if (this.storage !== 'blob') return false;
      this.putBytes(row, cell, 0, cell.byteLength);
      return true;
    }
    if (typeof cell !== 'string' || this.storage !== 'text' || LONE_SURROGATE.test(cell)) return false;
    this.putText(row, cell);
    return true;
  }

  override copyFrom(other: this, otherRow: number, row: number): void {
    if (other.isNull(otherRow)) {
      this.setNull(row);
      return;
    }
    const length = other.lengthOf(otherRow);
    if (length > INLINE_BYTES) {
      const place = other.words[otherRow * SLOT_WORDS + PLACE_WORD] ?? 0;
      this.putBytes(row, other.arena, place, place + length);
    } else {
      this.filled = row + 1;
      for (let word = 0; word < SLOT_WORDS; word += 1) {
        this.words[row * SLOT_WORDS + word] = other.words[otherRow * SLOT_WORDS + word] as number;
      }
    }
  }

  /** A null is as long as an empty text, so that nobody follows a place that has no meaning. */
  override setNull(row: number): void {
    this.words[row * SLOT_WORDS] = 0;
    super.setNull(row);
  }

  /** Bytes of the value in a row; 0 for a null. */
  lengthOf(row: number): number {
    return this.words[row * SLOT_WORDS] ?? 0;
  }

  /** Where in the arena the values end; for `truncate`, when the rows behind are taken back. */
  get used(): number {
    return this.arenaEnd;
  }

  truncateTo(row: number, used: number): void {
    this.truncate(row);
    this.arenaEnd = used;
  }

  protected override use(data: ArrayBuffer): void {
    super.use(data);
    this.slots = new Uint8Array(data);
    this.words = new Int32Array(data);
  }

  override release(): void {
    super.release();
    this.pool.give(this.arena.buffer);
  }

  protected override takeArena(): Uint8Array<ArrayBuffer> {
    const taken = this.arena;
    this.arena = new Uint8Array(this.pool.take(FIRST_ARENA_BYTES));
    this.arenaView = new DataView(this.arena.buffer);
    this.arenaEnd = 0;
    return taken;
  }

  protected override moveArena({ arena }: ColumnBlock): void {
    if (arena === null) return;
    for (let row = 0; row < this.filled; row += 1) {
      const length = this.lengthOf(row);
      if (length <= INLINE_BYTES) continue;
      const from = this.words[row * SLOT_WORDS + PLACE_WORD] ?? 0;
      const place = this.reserve(length);
      this.arena.set(arena.subarray(from, from + length), place);
      this.refer(row, place);
    }
  }

  private putText(row: number, text: string): void {
    const bytes = Buffer.from(text);
    this.putBytes(row, bytes, 0, bytes.byteLength);
  }

  private reserve(length: number): number {
    const place = this.arenaEnd;
    const end = place + length;
    // Whole words are written: behind the last text there has to be room for the rest of one.
    if (end + WORD_BYTES > this.arena.byteLength) {
      const larger = new Uint8Array(this.pool.take(2 ** Math.ceil(Math.log2(end + WORD_BYTES))));
      larger.set(this.arena.subarray(0, place));
      this.pool.give(this.arena.buffer);
      this.arena = larger;
      this.arenaView = new DataView(larger.buffer);
    }
    this.arenaEnd = end;
    return place;
  }

  /** A loop where there is little to copy: a call costs more than the bytes. */
  private copyToArena(bytes: Uint8Array, start: number, end: number, place: number): void {
    const { arena } = this;
    if (end - start > 64) arena.set(bytes.subarray(start, end), place);
    else for (let at = start; at < end; at += 1) arena[place + at - start] = bytes[at] as number;
  }

  private refer(row: number, place: number): void {
    const { arena, slots, words } = this;
    const slot = row * SLOT_BYTES + INLINE_OFFSET;
    for (let at = 0; at < PREFIX_BYTES; at += 1) slots[slot + at] = arena[place + at] as number;
    words[row * SLOT_WORDS + PLACE_WORD] = place;
    words[row * SLOT_WORDS + PLACE_WORD + 1] = 0;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function masks(word: number): Int32Array {
  return Int32Array.from({ length: INLINE_BYTES + 1 }, (_, length) => {
    const bytes = Math.min(Math.max(length - word * WORD_BYTES, 0), WORD_BYTES);
    return bytes === WORD_BYTES ? -1 : 2 ** (bytes * 8) - 1;
  });
}
