import type { CursorRange } from '@millrace/shared/core/cursor';
import type { RowidRange } from '@millrace/shared/core/task';

import type { JsonObject } from '../json/json-object.ts';
import { rowJson } from '../row-json.ts';
import { rowMaker } from '../row-object.ts';
import type { RecordSink } from '../record-sink.ts';
import type { RecordChunk, RecordContent, RecordStream, SourceRecord } from '../source-record.ts';
import type { SourceValue } from '../source-value.ts';
import { unpackValue } from './packed-rows.ts';
import { runThread } from './run-thread.ts';
import type { SqliteLane } from './sqlite-lane.ts';
import type { RelationChoice, RowsMessage } from './sqlite-message.ts';

export interface SqliteReading extends RelationChoice {
  readonly path: string;
  /** For messages. */
  readonly fileName: string;
  /** Inclusive; null reads all rows. Only for tables, never for a query. */
  readonly range: RowidRange | null;
  /** Null or left out reads all rows. */
  readonly cursor?: CursorRange | null;
  /** Ends the reading; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * The rows of a table, view or query, in one read transaction, through a thread. Integers are bigints. The number
 * of a record is its rowid where there is one, for that is what a person can look up; else its position.
 */
export async function* readSqliteRows(
  reading: SqliteReading,
): RecordStream & AsyncGenerator<RecordChunk, void> {
  const reader = new RowReader();
  for await (const message of startReading(reading)) {
    if (message.kind === 'columns') reader.use(message.names);
    else if (message.kind === 'rows') {
      const records = Array.from({ length: message.rowCount }, (_, row) => reader.record(message, row));
      yield { records, blank: 0 };
    }
  }
}

/** The same into a sink: rows that the lane is certain of go straight into its stores, all others to the judge. */
export async function* feedSqlite(
  reading: SqliteReading,
  lane: SqliteLane,
  sink: RecordSink,
): AsyncGenerator<void, void> {
  const reader = new RowReader();
  for await (const message of startReading(reading)) {
    if (message.kind === 'columns') {
      reader.use(message.names);
      lane.useColumns(message.names);
    } else if (message.kind === 'rows') {
      lane.useRows(message);
      const refused = new Set(message.undecodable.map(({ row }) => row));
      for (let row = 0; row < message.rowCount; row += 1) {
        if (!refused.has(row) && lane.take(row)) sink.accepted(1, message.recordNumbers[row]);
        else sink.record(reader.record(message, row));
      }
      yield;
    }
  }
}

function startReading({ path, fileName, relation, query, range, cursor = null, signal }: SqliteReading) {
  return runThread({ kind: 'read', path, fileName, relation, query, range, cursor }, signal);
}

/** Makes records of packed rows. */
class RowReader {
  #names: readonly string[] = [];
  #makeRow: (values: ArrayLike<SourceValue>) => JsonObject = rowMaker([]);

  use(names: readonly string[]): void {
    this.#names = names;
    this.#makeRow = rowMaker(names);
  }

  record(rows: RowsMessage, row: number): SourceRecord {
    const names = this.#names;
    const values = rows.columns.map((column) => unpackValue(column, row));
    const undecodable = rows.undecodable.find((text) => text.row === row);
    return {
      recordNumber: rows.recordNumbers[row] as number,
      line: null,
      byteOffset: null,
      byteLength: null,
      content:
        undecodable === undefined
          ? { ok: true, value: this.#makeRow(values) }
          : undecodableText(undecodable.column),
      raw: () => Buffer.from(rowJson(names, values, 'sqlite')),
    };
  }
}

function undecodableText(column: string): RecordContent {
  return {
    ok: false,
    reason: 'invalid_utf8',
    message: `The text of column '${column}' is not valid Unicode; U+FFFD stands where it could not be decoded.`,
  };
}
