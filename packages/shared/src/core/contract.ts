/**
 * What becomes of data that is not as the columns of its table are declared:
 * - `evolve`: the table follows the data, as far as planning sees it
 * - `freeze`: the run fails, and publishes nothing
 * - `reject_row`: the record is rejected
 * - `drop_value`: the value is left out (null where its column is declared), and counted
 */
export const CONTRACT_MODES = ['evolve', 'freeze', 'reject_row', 'drop_value'] as const;
export type ContractMode = (typeof CONTRACT_MODES)[number];

/**
 * `report`, of new and missing columns, is what tables without a contract have: nothing is demanded of the data, so
 * that no record is looked at for it, and what planning sees in some of the records is shown.
 */
export type ColumnsMode = 'report' | ContractMode;

/** Between the declared columns of a table and its data. */
export interface Contract {
  /** Of values in fields that no column is declared for. */
  readonly newColumns: ColumnsMode;
  /** Of declared columns whose field is not there. A field that is null is there. */
  readonly missingColumns: ColumnsMode;
  /** Of values that are not of their column's type. */
  readonly changedTypes: ContractMode;
  /** Fields that are known and not wanted: they are no new columns. Steps from the row. */
  readonly ignored: readonly (readonly (string | number)[])[];
}

/** Of a table that says nothing else: a record with a value of another type is rejected. */
export const DEFAULT_CONTRACT: Contract = {
  newColumns: 'report',
  missingColumns: 'report',
  changedTypes: 'reject_row',
  ignored: [],
};
