import type { TableStore } from '@millrace/shared/core/columns/table-store';
import type { BooleanStore, DoubleStore, IntegerStore } from '@millrace/shared/core/columns/number-stores';
import type { StagedTable } from '@millrace/shared/core/plan';

import { compileRecord, type RecordPlan } from '../lane/compile-record.ts';
import { complete, convertInto, putInteger, putNull, putText, settle } from '../lane/put-value.ts';
import { TAKE, type Slot } from '../lane/record-shape.ts';
import { ValueCursor } from '../lane/value-cursor.ts';
import { startOf, unpackValue, VALUE_KIND, type PackedColumn, type PackedRows } from './packed-rows.ts';

/** A column of packed rows, and where its values go. */
interface Field {
  readonly slot: Slot;
  readonly column: PackedColumn;
  readonly words: Int32Array;
  readonly reals: Float64Array;
  readonly text: DataView;
}

/**
 * Moves packed rows into columns. It takes a row when every value is stored as its column's type wants it; all others
 * are left to the strict lane.
 */
export class SqliteLane {
  readonly #plan: RecordPlan;
  readonly #cursor = new ValueCursor();
  #slots: readonly Slot[] = [];
  #fields: readonly Field[] = [];

  constructor(plan: RecordPlan) {
    this.#plan = plan;
  }

  /** @returns null when the tables are declared in a way that only the strict lane understands */
  static compile(tables: readonly StagedTable[], stores: readonly TableStore[]): SqliteLane | null {
    const plan = compileRecord(tables, stores, 'sqlite');
    return plan === null ? null : new SqliteLane(plan);
  }

  /** @param names of the columns in the order of the relation */
  useColumns(names: readonly string[]): void {
    const { shape } = this.#plan.root;
    this.#slots = names.map((name) => {
      const slot = shape.declare(name);
      slot.isNew = shape.isNew(name);
      return slot;
    });
  }

  useRows({ columns }: PackedRows): void {
    this.#fields = columns.flatMap((column, index) => {
      const slot = this.#slots[index];
      if (slot === undefined || (slot.take === TAKE.nothing && !slot.isNew)) return [];
      const { numbers, bytes } = column;
      const text = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return [{ slot, column, words: new Int32Array(numbers), reals: new Float64Array(numbers), text }];
    });
  }

  /** @returns false when the strict lane has to decide; the stores are then as before */
  take(row: number): boolean {
    const { records } = this.#plan;
    const isTaken =
      this.#fields.every((field) => this.#put(field, row)) &&
      records.every(({ store, own }) => complete(store.given, own));
    return settle(records, isTaken);
  }

  #put(field: Field, row: number): boolean {
    switch (field.column.kinds[row]) {
      case VALUE_KIND.null:
        return putNull(field.slot);
      case VALUE_KIND.integer:
        return this.#integer(field, row);
      case VALUE_KIND.real:
        return this.#real(field, row);
      case VALUE_KIND.text:
        return this.#text(field, row);
      default:
        return convert(field, row);
    }
  }

  #integer(field: Field, row: number): boolean {
    const { slot, words } = field;
    const low = words[row * 2] as number;
    const high = words[row * 2 + 1] as number;
    if (slot.take === TAKE.integer) {
      for (const { store, column } of slot.targets) (column as IntegerStore).putWords(store.rows, low, high);
      return true;
    }
    if (slot.take === TAKE.boolean && high === 0 && (low === 0 || low === 1)) {
      for (const { store, column } of slot.targets)
        (column as BooleanStore).putBoolean(store.rows, low === 1);
      return true;
    }
    return convert(field, row);
  }

  #real(field: Field, row: number): boolean {
    const { slot, reals } = field;
    const value = reals[row] as number;
    if (slot.take !== TAKE.double || !Number.isFinite(value)) return convert(field, row);
    for (const { store, column } of slot.targets) (column as DoubleStore).putNumber(store.rows, value);
    return true;
  }

  #text(field: Field, row: number): boolean {
    const { slot, column, text } = field;
    const cursor = this.#cursor;
    cursor.useText(column.bytes, text, startOf(column.ends, row), column.ends[row] as number);
    if (slot.take === TAKE.text) return putText(slot, cursor);
    if (slot.take === TAKE.timestamp && cursor.timestamp()) return putInteger(slot, cursor.time);
    if (slot.take === TAKE.date && cursor.date()) return putInteger(slot, cursor.time);
    return convert(field, row);
  }
}

function convert({ slot, column }: Field, row: number): boolean {
  const value = unpackValue(column, row);
  return slot.targets.length > 0 && slot.targets.every((target) => convertInto(target, value));
}
