import type { DoubleStore, IntegerStore } from '@millrace/shared/core/columns/number-stores';
import type { TextStore } from '@millrace/shared/core/columns/text-store';

import { Refusal } from '../judge/refusal.ts';
import type { SourceValue } from '../source-value.ts';
import { EXACT_DIGITS, type RecordTable } from './compile-record.ts';
import { TAKE, type ElementTable, type Slot, type Target } from './record-shape.ts';
import type { ValueCursor } from './value-cursor.ts';

const { double: TAKE_DOUBLE } = TAKE;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => Number(`1e${power}`));

// Loops by index here: they run for every value, and an iterator for each would cost as much as the putting.

/**
 * Puts a number of at most 15 digits into its columns, integers, decimals or doubles.
 * @param mantissa the number × 10^`fraction`
 * @returns false when it is not of their type
 */
export function putNumber(slot: Slot, mantissa: number, fraction: number): boolean {
  const { take, scale, limit } = slot;
  if (take === TAKE_DOUBLE) return putDouble(slot, mantissa / (POWERS_OF_TEN[fraction] as number));
  if (fraction === scale) return mantissa < limit && mantissa > -limit && putInteger(slot, mantissa);
  const value =
    fraction < scale
      ? mantissa * (POWERS_OF_TEN[scale - fraction] ?? Number.NaN)
      : mantissa / (POWERS_OF_TEN[fraction - scale] as number);
  return Number.isInteger(value) && value < limit && value > -limit && putInteger(slot, value);
}

function putDouble({ targets }: Slot, value: number): true {
  for (let index = 0; index < targets.length; index += 1) {
    const { store, column } = targets[index] as Target;
    store.given += 1;
    (column as DoubleStore).putNumber(store.rows, value);
  }
  return true;
}

/** @param value as the columns store it: an integer, an unscaled decimal, days or microseconds */
export function putInteger({ only, targets }: Slot, value: number): true {
  if (only !== null) {
    const { store, column } = only;
    store.given += 1;
    (column as IntegerStore).putNumber(store.rows, value);
    return true;
  }
  for (let index = 0; index < targets.length; index += 1) {
    const { store, column } = targets[index] as Target;
    store.given += 1;
    (column as IntegerStore).putNumber(store.rows, value);
  }
  return true;
}

/** Puts the text that the cursor read last into its columns. */
export function putText({ only, targets }: Slot, { textView, textStart, textEnd }: ValueCursor): true {
  if (only !== null) {
    const { store, column } = only;
    store.given += 1;
    (column as TextStore).putView(store.rows, textView, textStart, textEnd);
    return true;
  }
  for (let index = 0; index < targets.length; index += 1) {
    const { store, column } = targets[index] as Target;
    store.given += 1;
    (column as TextStore).putView(store.rows, textView, textStart, textEnd);
  }
  return true;
}

/** @returns false when a column is required */
export function putNull({ targets }: Slot): boolean {
  for (let index = 0; index < targets.length; index += 1) {
    const { store, column, required } = targets[index] as Target;
    if (required) return false;
    store.given += 1;
    column.setNull(store.rows);
  }
  return true;
}

/** Has a value converted by the code of the strict lane. @returns false when that refuses it */
export function convertInto({ store, column, convert }: Target, value: SourceValue): boolean {
  const cell = convert(value);
  if (cell instanceof Refusal) return false;
  if (cell === null) column.setNull(store.rows);
  else if (!column.putCell(store.rows, cell)) return false;
  return true;
}

/** Whether a row has all it needs; columns whose field is absent become null. */
export function complete(given: number, targets: readonly Target[]): boolean {
  if (given === targets.length) return true;
  for (let index = 0; index < targets.length; index += 1) {
    const { store, column, mindsAbsence } = targets[index] as Target;
    if (column.filled > store.rows) continue;
    if (mindsAbsence) return false;
    column.setNull(store.rows);
  }
  return true;
}

/** Gives the rows of a record's elements what they take from the record. */
export function inherit({ store, parents }: ElementTable): boolean {
  for (const { from, to } of parents) {
    const isAbsent = from.column.filled === 0;
    for (let row = to.filled; row < store.rows; row += 1) {
      if (!isAbsent) to.copyFrom(from.column, 0, row);
      else if (from.mindsAbsence) return false;
      else to.setNull(row);
    }
  }
  return true;
}

/** Keeps the rows of a record that was taken, or takes them back. */
export function settle(tables: readonly RecordTable[], isTaken: boolean): boolean {
  for (const { store } of tables) {
    if (isTaken) {
      store.endRow();
      store.commit();
    } else {
      store.rollback();
    }
  }
  return isTaken;
}
