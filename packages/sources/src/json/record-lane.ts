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
import { putShortNumber, putShortText } from '../lane/put-plain.ts';
import {
  TAKE,
  type ElementTable,
  type Key,
  type ObjectShape,
  type Slot,
  type Target,
} from '../lane/record-shape.ts';
import { NOT_PLAIN, ValueCursor } from '../lane/value-cursor.ts';
import { BYTE } from './json-bytes.ts';
import { parseJson } from './parse-json.ts';

/** Constants of this module cost nothing in its loops; properties of an imported object do. */
const { quote: QUOTE, comma: COMMA, openBracket: OPEN_BRACKET, closeBracket: CLOSE_BRACKET } = BYTE;
const { openBrace: OPEN_BRACE, closeBrace: CLOSE_BRACE, colon: COLON, space: SPACE } = BYTE;
const {
  nothing: TAKE_NOTHING,
  text: TAKE_TEXT,
  integer: TAKE_INTEGER,
  decimal: TAKE_DECIMAL,
  double: TAKE_DOUBLE,
  boolean: TAKE_BOOLEAN,
  date: TAKE_DATE,
  timestamp: TAKE_TIMESTAMP,
  general: TAKE_GENERAL,
  object: TAKE_OBJECT,
  items: TAKE_ITEMS,
  elements: TAKE_ELEMENTS,
} = TAKE;
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
  private readonly plan: RecordPlan;
  private readonly stores: readonly TableStore[];
  private depth = 0;
  private learned = 0;

  constructor(plan: RecordPlan) {
    this.plan = plan;
    this.stores = [...plan.records, ...plan.elements].map(({ store }) => store);
  }

  /** @returns null when the tables are declared in a way that only the strict lane understands */
  static compile(tables: readonly StagedTable[], stores: readonly TableStore[]): RecordLane | null {
    const plan = compileRecord(tables, stores, 'json');
    return plan === null ? null : new RecordLane(plan);
  }

  /**
   * Reads the record at a position of the cursor's bytes into open rows, which are then to be kept or dropped.
   * @returns the position behind it, or NOT_PLAIN when it cannot be kept
   */
  read(from: number): number {
    this.depth = 0;
    if (this.cursor.bytes[from] !== OPEN_BRACE) return this.cursor.stop(from);
    const end = this.object(this.plan.root, from);
    return end === NOT_PLAIN || this.endRecord() ? end : NOT_PLAIN;
  }

  keep(): void {
    for (const store of this.stores) store.commit();
    if (this.plan.parents.columns.length > 0) this.plan.parents.rollback();
  }

  drop(): void {
    for (const store of this.stores) store.rollback();
    this.plan.parents.rollback();
  }

  private endRecord(): boolean {
    const { records, elements } = this.plan;
    for (const { store, own } of records) {
      if (!complete(store.given, own)) return false;
      store.endRow();
    }
    for (const table of elements) if (table.parents.length > 0 && !inherit(table)) return false;
    return true;
  }

  private object(slot: Slot, from: number): number {
    const { cursor } = this;
    const { bytes, view } = cursor;
    const { shape } = slot;
    const serial = shape.begin();
    if ((this.depth += 1) > MOST_DEPTH) return cursor.stop(from);
    let at = from + 1;
    if ((bytes[at] as number) <= SPACE) at = cursor.skipSpace(at);
    if (bytes[at] === CLOSE_BRACE) return this.leave(at);
    let before: Key | null = null;
    for (;;) {
      let key: Key | null = before === null ? shape.first : before.next;
      if (key === null || !key.isAt(view, at)) {
        key = this.findKey(shape, at);
        if (key === null) return NOT_PLAIN;
        if (key.isLearned) {
          if (before === null) shape.first = key;
          else before.next = key;
        }
      }
      if (key.seenIn === serial) return cursor.stop(at);
      key.seenIn = serial;
      at += key.bytes.length;
      if (bytes[at] !== COLON) {
        at = cursor.skipSpace(at);
        if (bytes[at] !== COLON) return cursor.stop(at);
      }
      at = this.value(key.slot, at + 1);
      if (at === NOT_PLAIN) return NOT_PLAIN;
      before = key;
      if ((bytes[at] as number) <= SPACE) at = cursor.skipSpace(at);
      const byte = bytes[at];
      if (byte === CLOSE_BRACE) return this.leave(at);
      if (byte !== COMMA) return cursor.stop(at);
      at += 1;
      if ((bytes[at] as number) <= SPACE) at = cursor.skipSpace(at);
    }
  }

  private findKey(shape: ObjectShape, at: number): Key | null {
    const { cursor } = this;
    const { bytes, view } = cursor;
    const known = shape.find(view, at);
    if (known !== null) return known;
    if (shape.known !== null) {
      cursor.stop(at);
      return null;
    }
    const end = cursor.key(at);
    if (end === NOT_PLAIN) return null;
    this.learned += 1;
    return shape.learn(bytes.subarray(at, end), this.learned < MOST_LEARNED);
  }

  private leave(at: number): number {
    this.depth -= 1;
    return at + 1;
  }

  private value(slot: Slot, from: number): number {
    const { cursor } = this;
    const { bytes } = cursor;
    const at = (bytes[from] as number) <= SPACE ? cursor.skipSpace(from) : from;
    const byte = bytes[at] as number;
    const { take } = slot;
    if (take === TAKE_NOTHING) return this.skip(byte, slot, at);
    if (byte === LOWER_N) return putNull(slot) ? cursor.word(at, NULL) : cursor.stop(at);
    switch (take) {
      case TAKE_TEXT:
        return byte === QUOTE ? this.string(slot, at) : this.general(byte, slot, at);
      case TAKE_INTEGER:
      case TAKE_DECIMAL:
      case TAKE_DOUBLE:
        return this.number(byte, slot, at);
      case TAKE_DATE:
      case TAKE_TIMESTAMP:
        return byte === QUOTE ? this.time(slot, at) : cursor.stop(at);
      case TAKE_BOOLEAN:
        return this.boolean(byte, slot, at);
      case TAKE_OBJECT:
        return byte === OPEN_BRACE ? this.object(slot, at) : cursor.stop(at);
      case TAKE_ELEMENTS:
        return byte === OPEN_BRACKET ? this.elements(slot, at) : cursor.stop(at);
      case TAKE_ITEMS:
        return byte === OPEN_BRACKET ? this.array(slot, at) : cursor.stop(at);
      case TAKE_GENERAL:
        return this.general(byte, slot, at);
    }
  }

  private string(slot: Slot, at: number): number {
    const { cursor } = this;
    if (slot.only !== null) {
      const short = putShortText(slot.only, cursor, at + 1);
      if (short !== NOT_PLAIN) return short;
    }
    const end = cursor.string(at);
    if (end !== NOT_PLAIN) putText(slot, cursor);
    return end;
  }

  private number(byte: number, slot: Slot, at: number): number {
    const { cursor } = this;
    if (slot.only !== null && slot.take !== TAKE_DOUBLE) {
      const short = putShortNumber(slot, slot.only, cursor.bytes, at);
      if (short !== NOT_PLAIN) return short;
    }
    const end = cursor.plainNumber(at);
    if (end !== NOT_PLAIN && putNumber(slot, cursor.mantissa, cursor.fraction)) return end;
    return this.general(byte, slot, at);
  }

  private time(slot: Slot, at: number): number {
    const { cursor } = this;
    const end = cursor.string(at);
    if (end === NOT_PLAIN) return NOT_PLAIN;
    if (!(slot.take === TAKE_DATE ? cursor.date() : cursor.timestamp())) return this.general(QUOTE, slot, at);
    putInteger(slot, cursor.time);
    return end;
  }

  private boolean(byte: number, { targets }: Slot, at: number): number {
    const value = byte === LOWER_T;
    for (const { store, column } of targets) (column as BooleanStore).putBoolean(store.rows, value);
    return this.cursor.word(at, value ? TRUE : FALSE);
  }

  /** Has a value converted by the code of the strict lane. */
  private general(byte: number, slot: Slot, at: number): number {
    const { cursor } = this;
    const end = this.skip(byte, slot, at);
    if (end === NOT_PLAIN) return NOT_PLAIN;
    const { bytes } = cursor;
    const parsed = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString());
    if (!parsed.ok) return cursor.stop(at);
    for (const target of slot.targets) if (!convertInto(target, parsed.value)) return cursor.stop(at);
    return end;
  }

  /** Each element is a row. */
  private elements(slot: Slot, from: number): number {
    const { cursor } = this;
    const { bytes } = cursor;
    const { rest, elements } = slot;
    if ((this.depth += 1) > MOST_DEPTH) return cursor.stop(from);
    let at = cursor.skipSpace(from + 1);
    if (bytes[at] === CLOSE_BRACKET) return this.leave(at);
    for (let position = 0; ; position += 1) {
      if (bytes[at] !== OPEN_BRACE) return cursor.stop(at);
      at = this.object(rest, at);
      if (at === NOT_PLAIN) return NOT_PLAIN;
      for (const table of elements) if (!endElement(table, position)) return cursor.stop(at);
      at = cursor.skipSpace(at);
      const byte = bytes[at];
      if (byte === CLOSE_BRACKET) return this.leave(at);
      if (byte !== COMMA) return cursor.stop(at);
      at = cursor.skipSpace(at + 1);
    }
  }

  /** An array of which nothing, or some items, are wanted. */
  private array(slot: Slot, from: number): number {
    const { cursor } = this;
    const { bytes } = cursor;
    if ((this.depth += 1) > MOST_DEPTH) return cursor.stop(from);
    let at = cursor.skipSpace(from + 1);
    if (bytes[at] === CLOSE_BRACKET) return this.leave(at);
    for (let position = 0; ; position += 1) {
      at = this.value(slot.items.get(position) ?? slot.rest, at);
      if (at === NOT_PLAIN) return NOT_PLAIN;
      at = cursor.skipSpace(at);
      const byte = bytes[at];
      if (byte === CLOSE_BRACKET) return this.leave(at);
      if (byte !== COMMA) return cursor.stop(at);
      at += 1;
    }
  }

  /** Passes a value that only has to be valid. */
  private skip(byte: number, slot: Slot, at: number): number {
    switch (byte) {
      case QUOTE:
        return this.cursor.string(at);
      case OPEN_BRACE:
        return this.object(slot, at);
      case OPEN_BRACKET:
        return this.array(slot, at);
      case LOWER_N:
        return this.cursor.word(at, NULL);
      case LOWER_T:
        return this.cursor.word(at, TRUE);
      case LOWER_F:
        return this.cursor.word(at, FALSE);
      default:
        return this.cursor.skipNumber(at);
    }
  }
}

/** Completes the row of an element. */
function endElement({ store, own, positions }: ElementTable, position: number): boolean {
  for (let index = 0; index < positions.length; index += 1) {
    const target = positions[index] as Target;
    if (target.takesPosition) (target.column as IntegerStore).putNumber(store.rows, position);
    else if (!convertInto(target, position)) return false;
  }
  if (!complete(store.given, own)) return false;
  store.endRow();
  return true;
}
