import type { ColumnStore } from '@millrace/shared/core/columns/column-store';
import { MemoryPool } from '@millrace/shared/core/columns/memory-pool';
import { TableStore } from '@millrace/shared/core/columns/table-store';
import type { Column } from '@millrace/shared/core/pipeline';
import type { StagedTable } from '@millrace/shared/core/plan';

import { mindsAbsence, refusesNewFields } from '../contract/compile-contract.ts';
import { knownFields, type KnownFields } from '../contract/known-fields.ts';
import { compileColumn } from '../judge/compile-column.ts';
import type { Dialect } from '../judge/dialect.ts';
import { Slot, TAKE, type ElementTable, type Take, type Target } from './record-shape.ts';

/** Decimals and integers of fewer digits are exact in a double. */
export const EXACT_DIGITS = 15;

/** A table that has one row for each record. */
export interface RecordTable {
  readonly store: TableStore;
  readonly own: readonly Target[];
}

/** What to do with the records of a source. */
export interface RecordPlan {
  readonly root: Slot;
  readonly records: readonly RecordTable[];
  readonly elements: readonly ElementTable[];
  /** Holds what rows of elements take from their record, until it is complete. */
  readonly parents: TableStore;
}

/**
 * Compiles what a fast lane does with the records of tables.
 * @param stores one for each table, in the same order
 * @returns null when the paths of columns contradict each other (`a.b` and `a[0]`), which the strict lane explains
 */
export function compileRecord(
  tables: readonly StagedTable[],
  stores: readonly TableStore[],
  dialect: Dialect,
): RecordPlan | null {
  const compiler = new Compiler(tables, dialect);
  for (const [index, table] of tables.entries()) {
    const store = stores[index];
    if (store === undefined || !compiler.add(table, store)) return null;
  }
  for (const table of tables) if (refusesNewFields(table)) compiler.close(table, knownFields(table, tables));
  return compiler.plan;
}

class Compiler {
  readonly plan: { root: Slot; records: RecordTable[]; elements: ElementTable[]; parents: TableStore };
  readonly #dialect: Dialect;
  #parentCount = 0;

  constructor(tables: readonly StagedTable[], dialect: Dialect) {
    this.#dialect = dialect;
    const root = new Slot();
    root.take = TAKE.object;
    const parents = tables.flatMap(({ columns }) => columns.filter(({ path }) => path.from === 'parent'));
    this.plan = { root, records: [], elements: [], parents: new TableStore(parents, new MemoryPool()) };
  }

  add(table: StagedTable, store: TableStore): boolean {
    const { root, records, elements } = this.plan;
    const targets = table.columns.map((column, index) =>
      targetOf(table, column, this.#dialect, store, store.columns[index] as ColumnStore),
    );
    const own = targets.filter((_, index) => table.columns[index]?.path.from === 'record');
    if (table.each === null) {
      records.push({ store, own });
      return table.columns.every(
        (column, index) => column.path.from === 'record' && aim(root, column, targets[index]),
      );
    }
    const array = descend(root, table.each);
    if (array === null || !become(array, TAKE.elements)) return false;
    const element = array.rest;
    element.take = TAKE.object;
    const parents: { from: Target; to: ColumnStore }[] = [];
    for (const [index, column] of table.columns.entries()) {
      const target = targets[index] as Target;
      if (column.path.from === 'record' && !aim(element, column, target)) return false;
      if (column.path.from !== 'parent') continue;
      const from = this.#parent(table, column);
      if (!aim(root, column, from)) return false;
      parents.push({ from, to: target.column });
    }
    const positions = targets.filter((_, index) => table.columns[index]?.path.from === 'index');
    const compiled = { store, own, positions, parents };
    array.elements.push(compiled);
    elements.push(compiled);
    return true;
  }

  /** Leaves records with values that nobody declared to the strict lane. */
  close({ each }: StagedTable, known: KnownFields): void {
    const array = each === null ? null : descend(this.plan.root, each);
    closeSlot(array === null ? this.plan.root : array.rest, known);
  }

  #parent(table: StagedTable, column: Column): Target {
    const { parents } = this.plan;
    const target = targetOf(
      table,
      column,
      this.#dialect,
      parents,
      parents.columns[this.#parentCount] as ColumnStore,
    );
    this.#parentCount += 1;
    return target;
  }
}

function closeSlot({ shape }: Slot, { fields }: KnownFields): void {
  shape.known = new Set(fields.keys());
  for (const [name, inner] of fields) {
    const slot = shape.declare(name);
    if (inner !== null) closeSlot(slot, inner);
  }
}

function targetOf(
  table: StagedTable,
  column: Column,
  dialect: Dialect,
  store: TableStore,
  stored: ColumnStore,
): Target {
  const { convert } = compileColumn(column, dialect);
  const takesPosition = column.path.from === 'index' && column.type.kind === 'integer';
  return {
    store,
    column: stored,
    convert,
    required: column.required,
    mindsAbsence: column.required || mindsAbsence(table),
    takesPosition,
  };
}

/** Makes a value go to a column. @returns whether that is compatible with what was declared of its place before */
function aim(from: Slot, column: Column, target: Target | undefined): boolean {
  const slot = descend(from, column.path.steps);
  if (slot === null || target === undefined || slot === from) return false;
  const take = takeOf(column);
  const isFirst = slot.targets.length === 0;
  if (isFirst && !become(slot, take)) return false;
  if (!isFirst && slot.take !== take) slot.take = TAKE.general;
  const { type } = column;
  const [precision, scale] = type.kind === 'decimal' ? [type.precision, type.scale] : [EXACT_DIGITS, 0];
  if (!isFirst && slot.scale !== scale) slot.take = TAKE.general;
  slot.scale = scale;
  slot.limit = Math.min(
    isFirst ? Number.POSITIVE_INFINITY : slot.limit,
    10 ** Math.min(precision, EXACT_DIGITS),
  );
  slot.only = isFirst ? target : null;
  slot.targets.push(target);
  return true;
}

/** What a place was not declared to be before, or is declared to be again. */
function become(slot: Slot, take: Take): boolean {
  if (slot.take !== TAKE.nothing && slot.take !== take) return false;
  slot.take = take;
  return true;
}

/** The place at the end of a path; null when a place on the way is something that the path does not lead through. */
function descend(from: Slot, steps: readonly (string | number)[]): Slot | null {
  let slot = from;
  for (const step of steps) {
    if (typeof step === 'string') {
      if (!become(slot, TAKE.object)) return null;
      slot = slot.shape.declare(step);
      continue;
    }
    if (!become(slot, TAKE.items)) return null;
    const item: Slot = slot.items.get(step) ?? new Slot();
    slot.items.set(step, item);
    slot = item;
  }
  return slot;
}

function takeOf({ type, format }: Column): Take {
  const isIso = format === null || format === 'iso';
  switch (type.kind) {
    case 'date':
      return isIso ? TAKE.date : TAKE.general;
    case 'timestamp':
      return isIso ? TAKE.timestamp : TAKE.general;
    case 'json':
      return TAKE.general;
    default:
      return TAKE[type.kind];
  }
}
