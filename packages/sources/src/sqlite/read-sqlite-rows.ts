import type { CursorRange } from '@millrace/shared/core/cursor';
import type { RowidRange } from '@millrace/shared/core/task';

import type { JsonObject } from '../json/json-object.ts';
import { rowJson } from '../row-json.ts';
import { rowMaker } from '../row-object.ts';
import type { RecordChunk, RecordContent, RecordStream, SourceRecord } from '../source-record.ts';
import type { SourceValue } from '../source-value.ts';
import { runThread } from './run-thread.ts';
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
  const { path, fileName, relation, query, range, cursor = null, signal } = reading;
  let names: readonly string[] = [];
  let makeRow: (values: ArrayLike<SourceValue>) => JsonObject = rowMaker(names);
  const task = { kind: 'read', path, fileName, relation, query, range, cursor } as const;
  for await (const message of runThread(task, signal)) {
    if (message.kind === 'columns') {
      names = message.names;
      makeRow = rowMaker(names);
    } else if (message.kind === 'rows') {
      yield { records: toRecords(message, names, makeRow), blank: 0 };
    }
  }
}

function toRecords(
  { rows, undecodable }: RowsMessage,
  names: readonly string[],
  makeRow: (values: ArrayLike<SourceValue>) => JsonObject,
): SourceRecord[] {
  const refused = new Map(undecodable.map(({ row, column }) => [row, column]));
  return rows.map((values, row) => {
    const column = refused.get(row);
    const content: RecordContent =
      column === undefined ? { ok: true, value: makeRow(values) } : undecodableText(column);
    return {
      recordNumber: values[names.length] as number,
      line: null,
      byteOffset: null,
      byteLength: null,
      content,
      raw: () => Buffer.from(rowJson(names, values, 'sqlite')),
    };
  });
}

function undecodableText(column: string): RecordContent {
  return {
    ok: false,
    reason: 'invalid_utf8',
    message: `The text of column '${column}' is not valid Unicode; U+FFFD stands where it could not be decoded.`,
  };
}
