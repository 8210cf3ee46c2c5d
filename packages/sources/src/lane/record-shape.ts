import type { ColumnStore } from '@millrace/shared/core/columns/column-store';
import type { TableStore } from '@millrace/shared/core/columns/table-store';

import type { Convert } from '../judge/refusal.ts';

/**
 * How a value is taken. Those that have a type are read from the bytes when they are written plainly; whatever is
 * not plain is `general`: it is parsed and converted by the code of the strict lane, and so has the same result.
 */
export const TAKE = {
  /** Nobody wants it: it only has to be valid JSON. */
  nothing: 0,
  text: 1,
  integer: 2,
  decimal: 3,
  double: 4,
  boolean: 5,
  date: 6,
  timestamp: 7,
  general: 8,
  /** Something inside of it is wanted. */
  object: 9,
  items: 10,
  elements: 11,
} as const;
export type Take = (typeof TAKE)[keyof typeof TAKE];

/** A column that a value goes to. */
export interface Target {
  /** The value goes into its open row. */
  readonly store: TableStore;
  readonly column: ColumnStore;
  readonly convert: Convert;
  /** A required column takes neither null nor absence. */
  readonly required: boolean;
  /** Whether absence is for the strict lane to judge: the column is required, or a contract minds it. */
  readonly mindsAbsence: boolean;
  /** Whether a position is stored as it is. */
  readonly takesPosition: boolean;
}

/** A table that has a row for each element of an array. */
export interface ElementTable {
  readonly store: TableStore;
  /** Columns that are filled from the element. */
  readonly own: readonly Target[];
  /** Columns that say the element's position. */
  readonly positions: readonly Target[];
  /** Columns that are filled from the record when it is complete. */
  readonly parents: readonly { readonly from: Target; readonly to: ColumnStore }[];
}

/** What to do with the value at one place of a record. */
export class Slot {
  take: Take = TAKE.nothing;
  readonly targets: Target[] = [];
  /** The target, when there is one only; that is the usual case, and a loop over one costs more than the putting. */
  only: Target | null = null;
  /** Of a decimal: digits after the point, and what its unscaled value has to stay below. */
  scale = 0;
  limit = 0;
  readonly items = new Map<number, Slot>();
  readonly elements: ElementTable[] = [];
  /** CSV, SQLite: whether a value in this field of the file at hand is for the strict lane to judge. */
  isNew = false;
  #shape: ObjectShape | null = null;
  #rest: Slot | null = null;

  /** The keys of objects in this place. */
  get shape(): ObjectShape {
    this.#shape ??= new ObjectShape();
    return this.#shape;
  }

  /** What to do with elements of arrays in this place, unless `items` names them. */
  get rest(): Slot {
    this.#rest ??= new Slot();
    return this.#rest;
  }
}

/** More keys than this in one place are no fields but data, such as objects by their id. */
const MOST_KEYS = 256;
const WORD_BYTES = 4;
/** Words of a key that are compared without a loop. */
const HEAD_WORDS = 4;

/** A key as records write it, with its quotes. */
export class Key {
  readonly bytes: Uint8Array;
  readonly slot: Slot;
  /** False for a key of one object only; who follows another key to it in the next would not find it twice there. */
  readonly isLearned: boolean;
  /** The object in which it was met last; in the same one it must not come again. */
  seenIn = 0;
  /** The key that came after it last time, and probably will again. */
  next: Key | null = null;
  /**
   * Its first 16 bytes, four in each, and what of each word belongs to it. Fields, because an array would have to be
   * fetched for each key, and its length to be looked at for each word.
   */
  private readonly first: number;
  private readonly second: number;
  private readonly third: number;
  private readonly fourth: number;
  private readonly firstMask: number;
  private readonly secondMask: number;
  private readonly thirdMask: number;
  private readonly fourthMask: number;
  /** Those behind them; null for most keys. */
  private readonly rest: Int32Array | null;
  private readonly lastMask: number;

  constructor(bytes: Uint8Array, slot: Slot, isLearned: boolean) {
    this.bytes = bytes;
    this.isLearned = isLearned;
    const words = wordsOf(bytes);
    const masks = wordsOf(new Uint8Array(bytes.byteLength).fill(0xff));
    [this.first = 0, this.second = 0, this.third = 0, this.fourth = 0] = words;
    [this.firstMask = 0, this.secondMask = 0, this.thirdMask = 0, this.fourthMask = 0] = masks;
    this.rest = words.length > HEAD_WORDS ? words.subarray(HEAD_WORDS) : null;
    this.lastMask = masks.at(-1) ?? 0;
    this.slot = slot;
  }

  isAt(view: DataView, at: number): boolean {
    return (
      (view.getInt32(at, true) & this.firstMask) === this.first &&
      (view.getInt32(at + WORD_BYTES, true) & this.secondMask) === this.second &&
      (view.getInt32(at + 2 * WORD_BYTES, true) & this.thirdMask) === this.third &&
      (view.getInt32(at + 3 * WORD_BYTES, true) & this.fourthMask) === this.fourth &&
      (this.rest === null || this.isRestAt(view, at + HEAD_WORDS * WORD_BYTES, this.rest))
    );
  }

  private isRestAt(view: DataView, at: number, rest: Int32Array): boolean {
    const last = rest.length - 1;
    for (let word = 0; word < last; word += 1) {
      if (view.getInt32(at + word * WORD_BYTES, true) !== rest[word]) return false;
    }
    return (view.getInt32(at + last * WORD_BYTES, true) & this.lastMask) === rest[last];
  }
}

/** The keys that objects in one place have, those that nobody declared included: they are learned as they come. */
export class ObjectShape {
  /** The key that came first last time. */
  first: Key | null = null;
  /** When set, objects with other keys than these are for the strict lane to judge, as a contract says. */
  known: ReadonlySet<string> | null = null;
  /** Grows with each object. */
  serial = 0;
  readonly #keys: Key[] = [];
  /** Keys of the present object beyond those that were learned. */
  #others: Set<string> | null = null;

  begin(): number {
    this.serial += 1;
    this.#others = null;
    return this.serial;
  }

  declare(name: string): Slot {
    const bytes = keyBytes(name);
    const known = this.#keys.find((key) => Buffer.compare(key.bytes, bytes) === 0);
    return known?.slot ?? this.#add(bytes, new Slot()).slot;
  }

  /** Whether a field of a file is one that a contract has a say in. */
  isNew(name: string): boolean {
    return this.known !== null && !this.known.has(name);
  }

  find(view: DataView, at: number): Key | null {
    for (const key of this.#keys) if (key.isAt(view, at)) return key;
    return null;
  }

  /**
   * Learns a key that no object had so far.
   * @param bytes with quotes and without escapes; they are copied
   * @param mayRemember whether to know it in later objects
   * @returns null when this object has it twice
   */
  learn(bytes: Uint8Array, mayRemember: boolean): Key | null {
    if (mayRemember && this.#keys.length < MOST_KEYS) return this.#add(new Uint8Array(bytes), new Slot());
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    this.#others ??= new Set();
    if (this.#others.has(text)) return null;
    this.#others.add(text);
    return new Key(new Uint8Array(bytes), new Slot(), false);
  }

  #add(bytes: Uint8Array, slot: Slot): Key {
    const key = new Key(bytes, slot, true);
    this.#keys.push(key);
    return key;
  }
}

/** Bytes as words of four, zeros behind them. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const padded = new Uint8Array(Math.ceil(bytes.byteLength / WORD_BYTES) * WORD_BYTES);
  padded.set(bytes);
  return new Int32Array(padded.buffer);
}

/** As programs write a key; one that is written otherwise is not recognised, and its record goes to the strict lane. */
function keyBytes(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(name)));
}
