/** A unit test of a model, as its file has it. */
export interface ModelTest {
  readonly name: string;
  readonly model: string;
  /** `tests/orders.yml:4`, where its name stands. */
  readonly where: string;
  readonly given: readonly TestTable[];
  readonly expected: TestRows;
  /** Whether the rows have to come in this order. */
  readonly ordered: boolean;
}

/** Rows of a staged table or model. */
export interface TestTable extends TestRows {
  readonly name: string;
}

export interface TestRows {
  readonly where: string;
  readonly rows: readonly TestRow[];
}

/** Columns that are left out are null. */
export interface TestRow {
  readonly where: string;
  readonly cells: ReadonlyMap<string, TestCell>;
}

export interface TestCell {
  /** As it was written, so that 10.00 and integers of 64 bits are what they look like; null for null. */
  readonly text: string | null;
  readonly where: string;
}
