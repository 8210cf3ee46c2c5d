import type { DuckDBConnection } from '@duckdb/node-api';

import { exactNumber } from '../core/query-text.ts';
import type { QueryResult, QueryValue } from '../ports/destination-reader.ts';
import { notAQuery } from './destination-query-error.ts';

/**
 * Runs one statement of a person. What it must not do is for the engine to prevent (`confineTo`).
 * @param where the database or run that is asked, for messages
 */
export async function runQuery(
  connection: DuckDBConnection,
  sql: string,
  maxRows: number,
  where: string,
): Promise<QueryResult> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw notAQuery(where);
  const reader = await connection.streamAndReadUntil(sql, maxRows + 1);
  const types = reader.columnTypes().map(String);
  const rows = reader.getRowsJson().slice(0, maxRows);
  return {
    columns: reader.columnNames().map((name, index) => ({ name, type: types[index] ?? null })),
    rows: rows.map((row) => row.map((value, index) => queryValue(value, types[index] ?? ''))),
    truncated: reader.currentRowCount > maxRows,
  };
}

/** DuckDB's JSON form has wide integers as text, and nested values as they are. */
function queryValue(value: unknown, type: string): QueryValue {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return /^U?(BIG|HUGE)INT$/.test(type) ? exactNumber(BigInt(value)) : value;
  return JSON.stringify(value);
}
