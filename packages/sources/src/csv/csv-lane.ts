import type { TableStore } from '@millrace/shared/core/columns/table-store';
import type { CsvOptions } from '@millrace/shared/core/pipeline';
import type { InputLayout, StagedTable } from '@millrace/shared/core/plan';

import { compileRecord, type RecordPlan } from '../lane/compile-record.ts';
import { complete, convertInto, putInteger, putNull, putNumber, putText, settle } from '../lane/put-value.ts';
import { TAKE, type Slot } from '../lane/record-shape.ts';
import { ValueCursor } from '../lane/value-cursor.ts';

const NUL = 0;

/**
 * Reads CSV records straight from bytes into columns. As with JSON it takes a record only when it is certain of it, and
 * leaves all others to the strict lane.
 */
export class CsvLane {
  readonly #plan: RecordPlan;
  readonly #cursor = new ValueCursor();
  #delimiter = 0;
  readonly #quote: number;
  readonly #nulls: readonly Uint8Array[];
  /** What to do with each field of the file at hand. */
  #slots: readonly Slot[] = [];
  #bytes: Uint8Array = new Uint8Array();
  #unquoted = new Uint8Array(1024);
  #unquotedView = new DataView(this.#unquoted.buffer);
  #at = 0;

  constructor(plan: RecordPlan, { quote, nulls }: CsvOptions) {
    this.#plan = plan;
    this.#quote = quote.charCodeAt(0);
    this.#nulls = nulls.map((text) => Buffer.from(text));
  }

  /** @returns null when the tables are declared in a way that only the strict lane understands */
  static compile(
    tables: readonly StagedTable[],
    stores: readonly TableStore[],
    options: CsvOptions,
  ): CsvLane | null {
    const plan = compileRecord(tables, stores, 'csv');
    return plan === null ? null : new CsvLane(plan, options);
  }

  /** To be called for each file: its fields may stand in another order. */
  useLayout({ header, delimiter }: Extract<InputLayout, { kind: 'csv' }>): void {
    const { root } = this.#plan;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#slots = header.map((name) => {
      const slot = root.shape.declare(name);
      slot.isNew = root.shape.isNew(name);
      return slot;
    });
  }

  useBytes(bytes: Uint8Array): void {
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    this.#cursor.use(bytes);
  }

  /**
   * Reads a record that is valid UTF-8 into the stores.
   * @param start,end of the bytes last given, without the line end
   * @returns false when the strict lane has to decide; the stores are then as before
   */
  take(start: number, end: number): boolean {
    const { records } = this.#plan;
    const isTaken = this.#fields(start, end) && records.every(({ store, own }) => complete(store.given, own));
    return settle(records, isTaken);
  }

  #fields(start: number, end: number): boolean {
    const slots = this.#slots;
    this.#at = start;
    for (let index = 0; index < slots.length; index += 1) {
      if (index > 0) {
        if (this.#at >= end || this.#bytes[this.#at] !== this.#delimiter) return false;
        this.#at += 1;
      }
      if (!this.#field(slots[index] as Slot, end)) return false;
    }
    return this.#at === end;
  }

  #field(slot: Slot, end: number): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    if (start < end && bytes[start] === this.#quote) return this.#quoted(slot, start + 1, end);
    const delimiter = this.#delimiter;
    let at = start;
    for (; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === delimiter) break;
      if (byte === NUL) return false;
    }
    this.#at = at;
    if (slot.take === TAKE.nothing) return !slot.isNew || at === start || this.#isNull(start, at);
    if (at === start || this.#isNull(start, at)) return putNull(slot);
    this.#cursor.useText(bytes, this.#cursor.view, start, at);
    return this.#put(slot);
  }

  /** A field in quotes, which is never null. */
  #quoted(slot: Slot, start: number, end: number): boolean {
    const bytes = this.#bytes;
    const quote = this.#quote;
    let doubled = 0;
    let at = start;
    for (; ; at += 1) {
      if (at >= end || bytes[at] === NUL) return false;
      if (bytes[at] !== quote) continue;
      if (at + 1 >= end || bytes[at + 1] !== quote) break;
      doubled += 1;
      at += 1;
    }
    this.#at = at + 1;
    if (slot.take === TAKE.nothing) return !slot.isNew;
    if (doubled === 0) this.#cursor.useText(bytes, this.#cursor.view, start, at);
    else this.#undouble(start, at);
    return this.#put(slot);
  }

  #undouble(start: number, end: number): void {
    if (this.#unquoted.length < end - start) {
      this.#unquoted = new Uint8Array((end - start) * 2);
      this.#unquotedView = new DataView(this.#unquoted.buffer);
    }
    const to = this.#unquoted;
    let length = 0;
    for (let at = start; at < end; at += 1) {
      const byte = this.#bytes[at] as number;
      if (byte === this.#quote) at += 1;
      to[length] = byte;
      length += 1;
    }
    this.#cursor.useText(to, this.#unquotedView, 0, length);
  }

  #isNull(start: number, end: number): boolean {
    return this.#nulls.some((text) => {
      if (text.length !== end - start) return false;
      for (let index = 0; index < text.length; index += 1) {
        if (text[index] !== this.#bytes[start + index]) return false;
      }
      return true;
    });
  }

  /** Puts what the cursor was given as its text. */
  #put(slot: Slot): boolean {
    const cursor = this.#cursor;
    switch (slot.take) {
      case TAKE.text:
        return putText(slot, cursor);
      case TAKE.integer:
      case TAKE.decimal:
      case TAKE.double:
        if (this.#number(slot)) return true;
        break;
      case TAKE.date:
        if (cursor.date()) return putInteger(slot, cursor.time);
        break;
      case TAKE.timestamp:
        if (cursor.timestamp()) return putInteger(slot, cursor.time);
        break;
      case TAKE.boolean:
      case TAKE.general:
        break;
      default:
        return false;
    }
    const { text, textStart, textEnd } = cursor;
    const value = Buffer.from(text.buffer, text.byteOffset + textStart, textEnd - textStart).toString();
    return slot.targets.every((target) => convertInto(target, value));
  }

  #number(slot: Slot): boolean {
    const cursor = this.#cursor;
    // A number in quotes that were doubled is none that is written plainly.
    if (cursor.text !== this.#bytes) return false;
    const isNumber = cursor.plainNumber(cursor.textStart) === cursor.textEnd;
    return isNumber && putNumber(slot, cursor.mantissa, cursor.fraction);
  }
}
