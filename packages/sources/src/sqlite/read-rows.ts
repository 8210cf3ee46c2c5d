import { isUtf8 } from 'node:buffer';

import { fail } from '@millrace/shared/core/errors';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';
import type { RowidRange } from '@millrace/shared/core/task';

import type { SourceValue } from '../source-value.ts';
import type { SourceDatabase } from './open-hardened.ts';
import { RowPacker, unpackValue, type PackedRows } from './packed-rows.ts';
import { prepareRows, selectAll, type Relation, type RowStatement } from './relation.ts';
import { ask } from './sqlite-error.ts';
import type { RowsMessage, UndecodableText } from './sqlite-message.ts';

const ROWS_PER_MESSAGE = 4096;
/** Of text and bytes, about: rows may be wide. */
const BYTES_PER_MESSAGE = 4 * 1024 * 1024;

/**
 * All rows of a relation, or those whose rowid is in the range, as messages. Rows with rowids come in their order.
 * @param takeUsed memory of a message of these rows that nobody needs any more, if there is one
 */
export function* readRows(
  db: SourceDatabase,
  relation: Relation,
  range: RowidRange | null,
  fileName: string,
  takeUsed: () => ArrayBuffer[] | undefined = () => undefined,
): Generator<RowsMessage, void> {
  const { what } = relation;
  const exact = new ExactText(db, relation, fileName);
  const statement = prepareRows(db, selectRows(relation, range, fileName), what, fileName);
  const bounds = [
    ...(range === null ? [] : [BigInt(range.from), BigInt(range.to)]),
    ...(relation.filter?.values ?? []),
  ];
  const rows = ask(what, fileName, () => statement.iterate(...bounds));
  const columnCount = relation.columns.length;
  let position = 0;
  let packer = new RowPacker(columnCount, ROWS_PER_MESSAGE);
  for (let next = ask(what, fileName, () => rows.next()); next.done !== true;) {
    const row = next.value;
    position += 1;
    packer.add(row, relation.rowid === null ? position : Number(row[columnCount]));
    if (packer.rowCount === ROWS_PER_MESSAGE || packer.byteCount >= BYTES_PER_MESSAGE) {
      yield toMessage(packer, exact, position);
      packer = new RowPacker(columnCount, ROWS_PER_MESSAGE, takeUsed());
    }
    next = ask(what, fileName, () => rows.next());
  }
  if (packer.rowCount > 0) yield toMessage(packer, exact, position);
  exact.close();
}

/** @param last position of the last row packed */
function toMessage(packer: RowPacker, exact: ExactText, last: number): RowsMessage {
  const rows = packer.pack();
  const first = last - rows.rowCount + 1;
  return { kind: 'rows', ...rows, undecodable: packer.hasReplacement ? exact.inspect(rows, first) : [] };
}

function selectRows(relation: Relation, range: RowidRange | null, fileName: string): string {
  const { table, rowid, filter, what } = relation;
  if (rowid !== null && table !== null) {
    const inRange = range === null ? [] : [`${rowid} BETWEEN ? AND ?`];
    const conditions = [...inRange, ...(filter === null ? [] : [filter.sql])];
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    return `SELECT *, ${rowid} FROM ${table}${where} ORDER BY ${rowid}`;
  }
  if (range === null) return selectFiltered(relation, '*');
  throw fail('source_changed', {
    message: `The rows of ${what} had rowids to read them by when the run was planned, and have none now.`,
    where: fileName,
    hint: 'The table was made anew. Start a new run.',
  });
}

/**
 * Finds text that is not valid Unicode. SQLite stores any bytes as text, and the driver puts U+FFFD where they
 * cannot be decoded; so a text with a U+FFFD is compared with its bytes. That is rare, and may cost.
 */
class ExactText {
  readonly #relation: Relation;
  readonly #encoding: 'utf8' | 'utf16le' | 'utf16be';
  readonly #prepareBytes: () => RowStatement;
  #bytes: RowStatement | null = null;
  /** Of rows without a key: a second walk through all of them, which is at this position. */
  #walk: Iterator<SourceValue[]> | null = null;
  #walked = 0;

  constructor(db: SourceDatabase, relation: Relation, fileName: string) {
    this.#relation = relation;
    const encoding = String(db.pragma('encoding', { simple: true }));
    this.#encoding = encoding === 'UTF-16le' ? 'utf16le' : encoding === 'UTF-16be' ? 'utf16be' : 'utf8';
    this.#prepareBytes = () => prepareRows(db, selectBytes(relation), relation.what, fileName);
  }

  /** The first undecodable text of each row. @param first position of the first of the rows */
  inspect({ rowCount, columns, recordNumbers }: PackedRows, first: number): UndecodableText[] {
    return Array.from({ length: rowCount }, (_, row) => row).flatMap((row) => {
      const values = columns.map((column) => unpackValue(column, row));
      if (!values.some((value) => typeof value === 'string' && value.includes('\uFFFD'))) return [];
      const rowid = BigInt(recordNumbers[row] ?? 0);
      const column = this.#undecodableColumn([...values, rowid], first + row);
      return column === null ? [] : [{ row, column }];
    });
  }

  /** To be called when all rows were read: a database with an open walk cannot be closed. */
  close(): void {
    this.#walk?.return?.();
  }

  #undecodableColumn(row: readonly SourceValue[], position: number): string | null {
    const stored = this.#storedBytes(row, position);
    const wrong = this.#relation.columns.findIndex((_, column) => {
      const value = row[column];
      return typeof value === 'string' && value.includes('\uFFFD') && this.#decode(stored[column]) !== value;
    });
    return this.#relation.columns[wrong]?.name ?? null;
  }

  /** Empty when the row cannot be found again: then its text counts as undecodable, for nobody can tell. */
  #storedBytes(row: readonly SourceValue[], position: number): SourceValue[] {
    try {
      this.#bytes ??= this.#prepareBytes();
      return (
        (this.#relation.rowid === null ? this.#walkTo(this.#bytes, position) : this.#bytes.get(row.at(-1))) ??
        []
      );
    } catch {
      return [];
    }
  }

  #walkTo(bytes: RowStatement, position: number): SourceValue[] | undefined {
    this.#walk ??= bytes.iterate(...(this.#relation.filter?.values ?? []));
    for (;;) {
      const next = this.#walk.next();
      if (next.done === true) return undefined;
      this.#walked += 1;
      if (this.#walked === position) return next.value;
    }
  }

  #decode(stored: SourceValue | undefined): string | null {
    if (!(stored instanceof Uint8Array)) return null;
    const bytes = Buffer.from(stored);
    if (this.#encoding === 'utf8') return isUtf8(bytes) ? bytes.toString('utf8') : null;
    if (bytes.length % 2 !== 0) return null;
    return (this.#encoding === 'utf16be' ? bytes.swap16() : bytes).toString('utf16le');
  }
}

/** The row of a rowid, or all rows where they have none, with their values as stored bytes. */
function selectBytes(relation: Relation): string {
  const { table, rowid, columns } = relation;
  const bytes = columns.map(({ name }) => `CAST(${quoteIdentifier(name)} AS BLOB)`).join(', ');
  if (rowid !== null && table !== null) return `SELECT ${bytes} FROM ${table} WHERE ${rowid} = ?`;
  return selectFiltered(relation, bytes);
}

/** Of rows that are known by their position only. */
function selectFiltered(relation: Relation, values: string): string {
  if (relation.filter === null && values === '*') return relation.sql;
  const where = relation.filter === null ? '' : ` WHERE ${relation.filter.sql}`;
  return `SELECT ${values} FROM (\n${selectAll(relation)}\n)${where}`;
}
