import { FAILURE_PLACE, type CheckResult } from '../core/check.ts';
import type { FailingRow } from '../core/run-checks.ts';
import { quoteIdentifier, quoteLiteral } from '../core/sql-text.ts';
import type { ColumnSchema } from '../core/batch.ts';
import type { Bucket } from '../ports/bucket.ts';
import { readParquetSql, type Engine } from './duckdb.ts';
import { readSchema } from './parquet-reader.ts';
import { findOrigins, type StagedPlace, type TracedRun } from './row-origins.ts';

/** The first bad rows that were kept of a check, with the records that they were made of. */
export async function readFailingRows(
  engine: Engine,
  bucket: Bucket,
  run: TracedRun,
  { check, table, failures }: Pick<CheckResult, 'check' | 'table' | 'failures'>,
  limit: number,
): Promise<FailingRow[]> {
  if (failures === null) return [];
  const path = await bucket.open(failures);
  const schema = await readSchema(engine, [path]);
  const places = Object.values<string>(FAILURE_PLACE);
  const columns = schema.filter(({ name }) => !places.includes(name));
  const isPlaced = columns.length === schema.length - places.length;
  const place = isPlaced ? places.map(quoteIdentifier) : ['NULL', 'NULL'];
  const found = await engine.rows(
    `SELECT CAST(${rowJson(columns)} AS VARCHAR) AS json, ${place[0]} AS batch, ${place[1]} AS row
     FROM ${readParquetSql([path])} LIMIT ${Math.trunc(limit)}`,
  );
  const at = found.map(({ batch, row }): StagedPlace => ({ batch: batch as string, row: Number(row) }));
  const origins = isPlaced ? await findOrigins(engine, bucket, run, table, at) : [];
  return found.map(({ json }, index) => ({
    check,
    number: index + 1,
    row: json as string,
    origin: origins[index] ?? null,
  }));
}

/** Numbers that JSON in JavaScript would round, and those that JSON has not, become text. */
function rowJson(columns: readonly ColumnSchema[]): string {
  const members = columns.map(({ name, type }) => {
    const value = quoteIdentifier(name);
    return `${quoteLiteral(name)}, ${valueJson(value, type)}`;
  });
  return `json_object(${members.join(', ')})`;
}

const MAX_SAFE = '9007199254740991';

function valueJson(value: string, type: string): string {
  if (/^(DECIMAL|U?HUGEINT)/.test(type)) return `CAST(${value} AS VARCHAR)`;
  if (/^U?BIGINT$/.test(type))
    return `CASE WHEN ${value} NOT BETWEEN -${MAX_SAFE} AND ${MAX_SAFE} THEN to_json(CAST(${value} AS VARCHAR)) ELSE to_json(${value}) END`;
  if (/^(FLOAT|DOUBLE)$/.test(type))
    return `CASE WHEN isfinite(${value}) THEN to_json(${value}) ELSE to_json(CAST(${value} AS VARCHAR)) END`;
  return value;
}
