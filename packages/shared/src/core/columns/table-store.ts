import { formatColumnType } from '../column-type.ts';
import type { TypedCell } from '../typed-cell.ts';
import type { ColumnBlock, ColumnStore } from './column-store.ts';
import { createColumn, type StoreColumn } from './create-column.ts';
import type { MemoryPool } from './memory-pool.ts';
import { TextStore } from './text-store.ts';

/** Rows that were taken out of a store, column by column. */
export interface TableBlock {
  readonly rows: number;
  readonly columns: readonly ColumnBlock[];
}

const FIRST_ROWS = 2048;
/** What any value takes, for the estimate of a row's size. */
const VALUE_BYTES = 8;

/**
 * Rows of one table, kept by columns on their way into batches. A record writes into the row that is open, and all its
 * rows are then either committed or taken back: a table never has a part of a record.
 */
export class TableStore {
  readonly columns: readonly ColumnStore[];
  /** Complete rows; the next one, which is open, has this index. */
  rows = 0;
  /** Values and nulls that were put into the open row. */
  given = 0;
  private readonly declared: readonly StoreColumn[];
  private readonly texts: readonly TextStore[];
  private capacity = FIRST_ROWS;
  private committed = 0;
  /** Where the committed values of each column of text end. */
  private readonly textEnds: number[];

  constructor(columns: readonly StoreColumn[], pool: MemoryPool) {
    this.declared = columns;
    this.columns = columns.map((column) => createColumn(column, FIRST_ROWS, pool));
    this.texts = this.columns.filter((column) => column instanceof TextStore);
    this.textEnds = this.texts.map(() => 0);
  }

  /** Completes the open row. */
  endRow(): void {
    this.rows += 1;
    this.given = 0;
    if (this.rows === this.capacity) {
      this.capacity *= 2;
      for (const column of this.columns) column.grow(this.capacity);
    }
  }

  /** Keeps the rows completed since the last commit. */
  commit(): void {
    this.committed = this.rows;
    const { texts, textEnds } = this;
    for (let index = 0; index < texts.length; index += 1) textEnds[index] = (texts[index] as TextStore).used;
  }

  /** Takes back everything since the last commit, the open row included. */
  rollback(): void {
    this.rows = this.committed;
    this.given = 0;
    const { columns, texts, textEnds, committed } = this;
    for (const column of columns) column.truncate(committed);
    for (let index = 0; index < texts.length; index += 1) {
      (texts[index] as TextStore).truncateTo(committed, textEnds[index] as number);
    }
  }

  /**
   * Adds a row whose cells stand in the order of the columns. A cell that its column cannot hold is a defect of the
   * caller: it throws, because something else would be stored without a word.
   */
  append(cells: readonly (TypedCell | Uint8Array)[]): void {
    const { rows, columns } = this;
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index] as ColumnStore;
      const cell = cells[index];
      if (cell === null) column.setNull(rows);
      else if (!column.putCell(rows, cell)) throw this.notOfType(index, cell);
    }
    this.endRow();
  }

  /** Estimated size of a complete row. */
  bytesOf(row: number): number {
    let bytes = this.columns.length * VALUE_BYTES;
    const { texts } = this;
    for (let index = 0; index < texts.length; index += 1) bytes += (texts[index] as TextStore).lengthOf(row);
    return bytes;
  }

  /** Takes out the first `rows` rows, all of them committed. */
  take(rows: number): TableBlock {
    const columns = this.columns.map((column) => column.take(rows));
    this.rows -= rows;
    this.commit();
    return { rows, columns };
  }

  /** Gives back all memory; the store cannot be used any more. */
  release(): void {
    for (const column of this.columns) column.release();
  }

  private notOfType(index: number, cell: TypedCell | Uint8Array | undefined): TypeError {
    const { name, type } = this.declared[index] as StoreColumn;
    const value = JSON.stringify(typeof cell === 'bigint' ? String(cell) : cell)?.slice(0, 100);
    const wanted = type.kind === 'blob' ? type.kind : formatColumnType(type);
    return new TypeError(`Column '${name}' of type ${wanted} was given the ${typeof cell} ${value}.`);
  }
}
