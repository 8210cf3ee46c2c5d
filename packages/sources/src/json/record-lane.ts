import type { BooleanStore, IntegerStore } from '@millrace/shared/core/columns/number-stores';
import type { TableStore } from '@millrace/shared/core/columns/table-store';
import type { StagedTable } from '@millrace/shared/core/plan';

import { compileRecord, type RecordPlan } from '../lane/compile-record.ts';
import {
  complete,
  convertInto,
  inherit,
  putInteger,
  putNull,
  putNumber,
  putText,
} from '../lane/put-value.ts';
import { TAKE, type Key, type ObjectShape, type Slot } from '../lane/record-shape.ts';
import { ValueCursor } from '../lane/value-cursor.ts';
import { BYTE } from './json-bytes.ts';
import { parseJson } from './parse-json.ts';

/** Constants of this module cost nothing in its loops; properties of an imported object do. */
const { quote: QUOTE, comma: COMMA, openBracket: OPEN_BRACKET, closeBracket: CLOSE_BRACKET } = BYTE;
const { openBrace: OPEN_BRACE, closeBrace: CLOSE_BRACE } = BYTE;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const LOWER_F = 0x66;
const NULL = new Uint8Array(Buffer.from('null'));
const TRUE = new Uint8Array(Buffer.from('true'));
const FALSE = new Uint8Array(Buffer.from('false'));
/** Deeper records are left to the strict lane, which knows how deep is too deep. */
const MOST_DEPTH = 64;
/** Keys that nobody declared are remembered up to this number in all: more of them are data. */
const MOST_LEARNED = 10_000;

/**
 * Reads records straight from bytes into columns. It takes a record only when it is certain of it: valid JSON by
 * RFC 8259 without duplicate keys, and every value of its column's type. Whatever is not plainly so it leaves alone,
 * and the strict lane decides; so the two never disagree, and rejects have one author.
 */
export class RecordLane {
  readonly cursor = new ValueCursor();
  readonly #plan: RecordPlan;
  readonly #stores: readonly TableStore[];
  #depth = 0;
  #learned = 0;

  constructor(plan: RecordPlan) {
    this.#plan = plan;
    this.#stores = [...plan.records, ...plan.elements].map(({ store }) => store);
  }

  /** @returns null when the tables are declared in a way that only the strict lane understands */
  static compile(tables: readonly StagedTable[], stores: readonly TableStore[]): RecordLane | null {
    const plan = compileRecord(tables, stores, 'json');
    return plan === null ? null : new RecordLane(plan);
  }

  /**
   * Reads the record at the cursor into open rows, which are then to be kept or dropped.
   * @returns whether the record may be kept; the cursor then stands behind it
   */
  read(): boolean {
    const { cursor } = this;
    this.#depth = 0;
    return cursor.bytes[cursor.at] === OPEN_BRACE && this.#object(this.#plan.root) && this.#endRecord();
  }

  keep(): void {
    for (const store of this.#stores) store.commit();
    this.#plan.parents.rollback();
  }

  drop(): void {
    for (const store of this.#stores) store.rollback();
    this.#plan.parents.rollback();
  }

  #endRecord(): boolean {
    const { records, elements } = this.#plan;
    for (const { store, own } of records) {
      if (!complete(own)) return false;
      store.endRow();
    }
    for (const table of elements) if (table.parents.length > 0 && !inherit(table)) return false;
    return true;
  }

  #object(slot: Slot): boolean {
    const { cursor } = this;
    const { shape } = slot;
    const { bytes, view } = cursor;
    const serial = shape.begin();
    if ((this.#depth += 1) > MOST_DEPTH) return false;
    cursor.at += 1;
    if (cursor.skipSpace() === CLOSE_BRACE) return this.#leave();
    let before: Key | null = null;
    for (;;) {
      let key: Key | null = before === null ? shape.first : before.next;
      if (key === null || !key.isAt(bytes, view, cursor.at)) {
        key = this.#findKey(shape);
        if (key === null) return false;
        if (key.isLearned) {
          if (before === null) shape.first = key;
          else before.next = key;
        }
      }
      if (key.seenIn === serial) return false;
      key.seenIn = serial;
      cursor.at += key.bytes.length;
      if (!cursor.colon() || !this.#value(key.slot)) return false;
      before = key;
      const byte = cursor.skipSpace();
      if (byte === CLOSE_BRACE) return this.#leave();
      if (byte !== COMMA) return false;
      cursor.at += 1;
      cursor.skipSpace();
    }
  }

  #findKey(shape: ObjectShape): Key | null {
    const { cursor } = this;
    const { bytes, view, at } = cursor;
    const known = shape.find(bytes, view, at);
    if (known !== null) return known;
    const end = cursor.endOfKey();
    if (end === -1) return null;
    this.#learned += 1;
    return shape.learn(bytes.subarray(at, end), this.#learned < MOST_LEARNED);
  }

  #leave(): boolean {
    this.#depth -= 1;
    this.cursor.at += 1;
    return true;
  }

  #value(slot: Slot): boolean {
    const byte = this.cursor.skipSpace();
    const { take } = slot;
    if (take === TAKE.nothing) return this.#skip(byte, slot);
    if (byte === LOWER_N) return this.cursor.word(NULL) && putNull(slot);
    switch (take) {
      case TAKE.text:
        return byte === QUOTE
          ? this.cursor.string() && putText(slot, this.cursor)
          : this.#general(byte, slot);
      case TAKE.integer:
      case TAKE.decimal:
      case TAKE.double:
        return this.#number(byte, slot);
      case TAKE.date:
      case TAKE.timestamp:
        return byte === QUOTE && this.#time(slot);
      case TAKE.boolean:
        return this.#boolean(byte, slot);
      case TAKE.object:
        return byte === OPEN_BRACE && this.#object(slot);
      case TAKE.elements:
        return byte === OPEN_BRACKET && this.#elements(slot);
      case TAKE.items:
        return byte === OPEN_BRACKET && this.#array(slot);
      case TAKE.general:
        return this.#general(byte, slot);
    }
  }

  #number(byte: number, slot: Slot): boolean {
    const { cursor } = this;
    const start = cursor.at;
    if (cursor.plainNumber() && putNumber(slot, cursor.mantissa, cursor.fraction)) return true;
    cursor.at = start;
    return this.#general(byte, slot);
  }

  #time(slot: Slot): boolean {
    const { cursor } = this;
    const start = cursor.at;
    if (!cursor.string()) return false;
    if (slot.take === TAKE.date ? cursor.date() : cursor.timestamp()) {
      return putInteger(slot, cursor.time);
    }
    cursor.at = start;
    return this.#general(QUOTE, slot);
  }

  #boolean(byte: number, { targets }: Slot): boolean {
    const value = byte === LOWER_T;
    if (!this.cursor.word(value ? TRUE : FALSE)) return false;
    for (const { store, column } of targets) (column as BooleanStore).putBoolean(store.rows, value);
    return true;
  }

  /** Has a value converted by the code of the strict lane. */
  #general(byte: number, slot: Slot): boolean {
    const { cursor } = this;
    const start = cursor.at;
    if (!this.#skip(byte, slot)) return false;
    const { bytes } = cursor;
    const parsed = parseJson(
      Buffer.from(bytes.buffer, bytes.byteOffset + start, cursor.at - start).toString(),
    );
    if (!parsed.ok) return false;
    if (parsed.value === null) return putNull(slot);
    for (const target of slot.targets) if (!convertInto(target, parsed.value)) return false;
    return true;
  }

  /** Each element is a row. */
  #elements(slot: Slot): boolean {
    const { cursor } = this;
    const { rest, elements } = slot;
    if ((this.#depth += 1) > MOST_DEPTH) return false;
    cursor.at += 1;
    let byte = cursor.skipSpace();
    if (byte === CLOSE_BRACKET) return this.#leave();
    for (let position = 0; ; position += 1) {
      if (byte !== OPEN_BRACE || !this.#object(rest)) return false;
      for (const table of elements) {
        for (const target of table.positions) {
          if (target.takesPosition) (target.column as IntegerStore).putNumber(table.store.rows, position);
          else if (!convertInto(target, position)) return false;
        }
        if (!complete(table.own)) return false;
        table.store.endRow();
      }
      byte = cursor.skipSpace();
      if (byte === CLOSE_BRACKET) return this.#leave();
      if (byte !== COMMA) return false;
      cursor.at += 1;
      byte = cursor.skipSpace();
    }
  }

  /** An array of which nothing, or some items, are wanted. */
  #array(slot: Slot): boolean {
    const { cursor } = this;
    if ((this.#depth += 1) > MOST_DEPTH) return false;
    cursor.at += 1;
    if (cursor.skipSpace() === CLOSE_BRACKET) return this.#leave();
    for (let position = 0; ; position += 1) {
      if (!this.#value(slot.items.get(position) ?? slot.rest)) return false;
      const byte = cursor.skipSpace();
      if (byte === CLOSE_BRACKET) return this.#leave();
      if (byte !== COMMA) return false;
      cursor.at += 1;
    }
  }

  /** Passes a value that only has to be valid. */
  #skip(byte: number, slot: Slot): boolean {
    switch (byte) {
      case QUOTE:
        return this.cursor.string();
      case OPEN_BRACE:
        return this.#object(slot);
      case OPEN_BRACKET:
        return this.#array(slot);
      case LOWER_N:
        return this.cursor.word(NULL);
      case LOWER_T:
        return this.cursor.word(TRUE);
      case LOWER_F:
        return this.cursor.word(FALSE);
      default:
        return this.cursor.skipNumber();
    }
  }
}
