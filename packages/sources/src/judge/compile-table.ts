import type { StagedTable } from '@millrace/shared/core/plan';

import { compileContract, type CompiledContract } from '../contract/compile-contract.ts';
import type { SourceValue } from '../source-value.ts';
import { compileColumn, type CompiledColumn } from './compile-column.ts';
import type { Dialect } from './dialect.ts';
import type { FaultList } from './fault-list.ts';
import { compilePath, formatSteps, isSourceObject, WrongTurn, type SourceObject } from './read-path.ts';
import { Refusal } from './refusal.ts';
import type { TypedCell, TypedRow } from '@millrace/shared/core/typed-cell';

/** The rows that a record has in one table; what does not fit goes to `faults`, and then the rows mean nothing. */
export type RowsOf = (record: SourceObject, key: string | undefined, faults: FaultList) => TypedRow[];

/** What a row is made of. */
interface Origin {
  readonly record: SourceObject;
  readonly key: string | undefined;
  /** The record itself where rows are records. */
  readonly element: SourceObject;
  /** The element's; null where rows are records. */
  readonly index: number | null;
}

/** @param tables of the same records, this one among them: what another one reads is no new field */
export function compileTable(table: StagedTable, tables: readonly StagedTable[], dialect: Dialect): RowsOf {
  const columns = table.columns.map((column) => compileColumn(column, dialect));
  const shape = { table: table.name, columns, contract: compileContract(table, tables) };
  if (table.each !== null) return compileEach(shape, table.each);
  return (record, key, faults) => [rowOf(shape, { record, key, element: record, index: null }, faults)];
}

interface RowShape {
  readonly table: string;
  readonly columns: readonly CompiledColumn[];
  /** Null for nearly all tables. */
  readonly contract: CompiledContract | null;
}

/** One row per element of the array at `each`; none when there is no array or null in its place. */
function compileEach(shape: RowShape, each: readonly (string | number)[]): RowsOf {
  const { table } = shape;
  const read = compilePath(each);
  const place = formatSteps(each);
  const notAnArray = new Refusal('type_mismatch', 'an array');
  const notAnObject = new Refusal('not_an_object', 'an object in every element of the array');
  return (record, key, faults) => {
    const elements = read(record);
    if (elements === undefined || elements === null) return [];
    if (elements instanceof WrongTurn) {
      faults.add(table, null, place, elements, elements.found);
      return [];
    }
    if (!Array.isArray(elements)) {
      faults.add(table, null, place, notAnArray, elements);
      return [];
    }
    return (elements as readonly SourceValue[]).map((element, index) => {
      if (isSourceObject(element)) return rowOf(shape, { record, key, element, index }, faults);
      faults.add(table, null, `${place}[${index}]`, notAnObject, element);
      return [];
    });
  };
}

function rowOf({ table, columns, contract }: RowShape, origin: Origin, faults: FaultList): TypedRow {
  const row: TypedCell[] = [];
  for (const column of columns) {
    const value = valueOf(column, origin);
    const cell = cellOf(column, value);
    if (contract?.isSettled(column, value, cell, origin.index, faults) === true) {
      row.push(null);
    } else if (typeof cell === 'object' && cell !== null) {
      faults.add(table, origin.index, column.name, cell, value instanceof WrongTurn ? value.found : value);
      row.push(null);
    } else {
      row.push(cell);
    }
  }
  contract?.checkFields(origin.element, origin.index, faults);
  return row;
}

function valueOf({ from, read }: CompiledColumn, origin: Origin): SourceValue | undefined | WrongTurn {
  switch (from) {
    case 'record':
      return read(origin.element);
    case 'parent':
      return read(origin.record);
    case 'index':
      return origin.index;
    case 'key':
    case 'parentKey':
      return origin.key;
  }
}

function cellOf(column: CompiledColumn, value: SourceValue | undefined | WrongTurn): TypedCell | Refusal {
  if (value === undefined) return column.whenAbsent;
  if (value === null) return column.whenNull;
  return value instanceof WrongTurn ? value : column.convert(value);
}
