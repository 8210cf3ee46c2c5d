import type { ColumnsMode } from '@millrace/shared/core/contract';
import type { StagedTable } from '@millrace/shared/core/plan';
import type { TypedCell } from '@millrace/shared/core/typed-cell';
import { formatSteps, formatValuePath } from '@millrace/shared/core/value-path';

import type { CompiledColumn } from '../judge/compile-column.ts';
import type { FaultList } from '../judge/fault-list.ts';
import { WrongTurn, type SourceObject } from '../judge/read-path.ts';
import { Refusal } from '../judge/refusal.ts';
import type { SourceValue } from '../source-value.ts';
import { knownFields, visitNewFields } from './known-fields.ts';

/** A contract as the judge keeps it, row by row. */
export interface CompiledContract {
  /**
   * Decides of a value that is absent or does not fit its column.
   * @returns true when nothing else is to be done and the cell is null; else the cell stands as it is
   */
  isSettled(
    column: CompiledColumn,
    value: SourceValue | undefined | WrongTurn,
    cell: TypedCell | Refusal,
    index: number | null,
    faults: FaultList,
  ): boolean;
  /** Looks for values in fields that nobody declared. */
  checkFields(row: SourceObject, index: number | null, faults: FaultList): void;
}

/** Whether a value in a field that nobody declared means anything for a row. */
export function refusesNewFields({ contract }: Pick<StagedTable, 'contract'>): boolean {
  return contract !== undefined && contract.newColumns !== 'report';
}

/** Whether a row means something else when a declared field is absent instead of null. */
export function mindsAbsence({ contract }: Pick<StagedTable, 'contract'>): boolean {
  return contract !== undefined && ABSENCE_COUNTS.has(contract.missingColumns);
}

/** `freeze` is about columns that no row has, which planning sees; a field of one record may well be absent. */
const ABSENCE_COUNTS: ReadonlySet<ColumnsMode> = new Set(['reject_row', 'drop_value']);

const UNKNOWN = new Refusal('unknown_field', 'no field beyond the declared columns');
const ABSENT = new Refusal('missing_field', 'a value or null, as the contract of the table says');

/** @returns null for a table that demands nothing: then all is as if contracts did not exist */
export function compileContract(table: StagedTable, tables: readonly StagedTable[]): CompiledContract | null {
  const { contract, name } = table;
  if (contract === undefined) return null;
  const { newColumns, changedTypes } = contract;
  const known = refusesNewFields(table) ? knownFields(table, tables) : null;
  const onAbsence = mindsAbsence(table) ? contract.missingColumns : null;
  const pathOf = new Map(table.columns.map((column) => [column.name, formatValuePath(column.path)]));
  const placeOf = (column: CompiledColumn) => pathOf.get(column.name) ?? column.name;
  return {
    isSettled(column, value, cell, index, faults) {
      if (value === undefined) {
        if (cell !== null || onAbsence === null) return false;
        if (onAbsence === 'reject_row') faults.add(name, index, column.name, ABSENT, value);
        else faults.note({ table: name, kind: 'missing_column', path: placeOf(column), value });
        return true;
      }
      if (value === null || !(cell instanceof Refusal)) return false;
      const found = value instanceof WrongTurn ? value.found : value;
      const note = { table: name, kind: 'changed_type', path: placeOf(column), value: found } as const;
      if (changedTypes === 'freeze') faults.breach(note);
      if (changedTypes !== 'drop_value' || column.whenNull !== null) return false;
      faults.note(note);
      return true;
    },
    checkFields(row, index, faults) {
      if (known === null) return;
      visitNewFields(row, known, (steps, value) => {
        const path = formatSteps(steps);
        const note = { table: name, kind: 'new_column', path, value } as const;
        if (newColumns === 'freeze') faults.breach(note);
        if (newColumns === 'freeze' || newColumns === 'reject_row')
          faults.add(name, index, path, UNKNOWN, value);
        // Of `evolve`, what planning did not see: it has no column in this run.
        else faults.note(note);
      });
    },
  };
}
