import { rowJson } from '@millrace/sources/row-json';
import { rowMaker } from '@millrace/sources/row-object';
import type { RecordChunk, SourceRecord } from '@millrace/sources/source-record';
import { unpackValue } from '@millrace/sources/sqlite/packed-rows';
import { readRows } from '@millrace/sources/sqlite/read-rows';
import { findRelation } from '@millrace/sources/sqlite/relation';
import type { RowsMessage } from '@millrace/sources/sqlite/sqlite-message';
import Database from 'better-sqlite3';

/** The rows of table `data`, as the thread of the product sends them, without the thread. */
export class SqliteRows {
  readonly names: readonly string[];
  readonly #db: Database.Database;
  readonly #relation: ReturnType<typeof findRelation>;

  constructor(bytes: Buffer) {
    this.#db = new Database(bytes);
    this.#db.defaultSafeIntegers(true);
    this.#relation = findRelation(this.#db, { relation: 'data', query: null }, 'data');
    this.names = this.#relation.columns.map(({ name }) => name);
  }

  /** Can be iterated once. */
  *messages(): Generator<RowsMessage, void> {
    try {
      for (const message of readRows(this.#db, this.#relation, null, 'data')) {
        if (message.undecodable.length > 0) throw new Error('The test wrote text that is none.');
        yield message;
      }
    } finally {
      this.#db.close();
    }
  }

  async *records(): AsyncGenerator<RecordChunk, void> {
    for (const message of this.messages()) {
      const records = Array.from({ length: message.rowCount }, (_, row) => this.record(message, row));
      yield { records, blank: 0 };
    }
  }

  record(rows: RowsMessage, row: number): SourceRecord {
    const { names } = this;
    const values = rows.columns.map((column) => unpackValue(column, row));
    return {
      recordNumber: rows.recordNumbers[row] as number,
      line: null,
      byteOffset: null,
      byteLength: null,
      raw: () => Buffer.from(rowJson(names, values, 'sqlite')),
      content: { ok: true, value: rowMaker(names)(values) },
    };
  }
}
