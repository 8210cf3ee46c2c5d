import type { DuckDBValue } from '@duckdb/node-api';

import { rowJson } from '../row-json.ts';
import { rowMaker } from '../row-object.ts';
import type { RecordStream, SourceRecord } from '../source-record.ts';
import { openParquet, type OpenParquet } from './open-parquet.ts';
import { sourceValueOf } from './source-value-of.ts';

export interface ParquetRead {
  readonly path: string;
}

/**
 * Rows of a Parquet file in their order, numbered from 1; a row has neither line nor bytes of its own, so its raw
 * form is JSON. Throws `file_format` or `file_unreadable`.
 */
export async function* readParquetRows({ path }: ParquetRead): RecordStream {
  const parquet = await openParquet(path);
  try {
    yield* streamRows(parquet);
  } catch (error) {
    throw parquet.explain(error);
  } finally {
    await parquet.engine.close();
  }
}

async function* streamRows({ engine, relation }: OpenParquet): RecordStream {
  const connection = await engine.connect();
  const result = await connection.stream(`SELECT * FROM ${relation}`);
  const names = result.columnNames();
  const makeRow = rowMaker(names);
  let recordNumber = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const records = chunk.getRows().map((values: DuckDBValue[]): SourceRecord => {
      recordNumber += 1;
      const row = values.map(sourceValueOf);
      const raw = () => new TextEncoder().encode(rowJson(names, row, 'parquet'));
      const content = { ok: true, value: makeRow(row) } as const;
      return { recordNumber, line: null, byteOffset: null, byteLength: null, raw, content };
    });
    yield { records, blank: 0 };
  }
}
