import type { ColumnsMode } from '../contract.ts';
import type { DriftRecord } from '../drift-record.ts';
import type { DriftKind } from '../drift.ts';

/** A difference between declared columns and data, as `plan`, `status` and others print it with `--json`. */
export interface DriftReport {
  readonly table: string;
  readonly change: DriftKind;
  readonly column: string;
  readonly path: string;
  /** Null for a new column. */
  readonly declared: string | null;
  /** Null for a missing column, and where no value told a type. */
  readonly found: string | null;
  /** What the contract of the table says of it; `report` is to show it only. */
  readonly mode: ColumnsMode;
  /** Sampled rows that show it; null when only reading met it. */
  readonly rows: number | null;
  readonly sampled_rows: number | null;
  /** Values left out by the contract, over all records; 0 before the run. */
  readonly values_left_out: number;
  readonly example: string | null;
}

/** @param records of a run, or of its plan, which has counted nothing yet */
export function reportDrift(
  records: readonly (Omit<DriftRecord, 'values'> & Partial<Pick<DriftRecord, 'values'>>)[],
): DriftReport[] {
  return records.map(
    ({ table, kind, column, path, declared, found, mode, rows, sampledRows, values = 0, example }) => ({
      table,
      change: kind,
      column,
      path,
      declared,
      found,
      mode,
      rows,
      sampled_rows: sampledRows,
      values_left_out: values,
      example,
    }),
  );
}
