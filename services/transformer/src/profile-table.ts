import type { Engine, EngineRow } from '@millrace/shared/adapters/duckdb';
import type { ColumnSchema } from '@millrace/shared/core/batch';
import { MAX_PROFILED_TEXT, type ColumnProfile, type TableProfile } from '@millrace/shared/core/check';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

interface Measured {
  readonly profile: TableProfile;
  /** Of rows for which each of the conditions is true. */
  readonly counts: readonly number[];
}

/**
 * Measures a table of the engine's: one scan that aggregates all columns, in memory that does not grow with the rows.
 * @param table its name, and its columns as its manifest has them
 * @param conditions whose rows are counted in the same scan
 */
export async function profileTable(
  engine: Engine,
  table: { readonly name: string; readonly columns: readonly ColumnSchema[] },
  conditions: readonly string[] = [],
): Promise<Measured> {
  const measures = table.columns.flatMap((column, index) => columnSql(column, index));
  const counts = conditions.map((condition, index) => `count(*) FILTER (${condition}) AS count_${index}`);
  const select = ['count(*) AS rows', ...measures, ...counts].join(',\n  ');
  const [row] = await engine.rows(`SELECT ${select}\nFROM ${quoteIdentifier(table.name)}`);
  if (row === undefined) throw new Error('an aggregate gave no row');
  const rows = Number(row['rows']);
  return {
    profile: { rows, columns: table.columns.map((column, index) => readColumn(row, rows, column, index)) },
    counts: conditions.map((_, index) => Number(row[`count_${index}`])),
  };
}

/** Columns may be called anything, so the measures are named by their place. */
function columnSql({ name, type }: ColumnSchema, index: number): string[] {
  const column = quoteIdentifier(name);
  const mean = meanSql(column, type);
  return [
    `count(${column}) AS values_${index}`,
    `approx_count_distinct(${column}) AS distinct_${index}`,
    ...(UNORDERED.test(type)
      ? []
      : [
          `left(min(${column})::VARCHAR, ${MAX_PROFILED_TEXT}) AS min_${index}`,
          `left(max(${column})::VARCHAR, ${MAX_PROFILED_TEXT}) AS max_${index}`,
        ]),
    ...(mean === null ? [] : [`${mean} AS mean_${index}`]),
  ];
}

/** Nested and binary values, whose least and greatest would tell nobody anything. */
const UNORDERED = /\]$|^(STRUCT|MAP|UNION|JSON|VARIANT|BLOB|BIT|GEOMETRY)\b/;
const EXACT_INTEGER = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/;
/** Of up to 18 digits, whose sums fit into 38 for any number of rows that can be stored. */
const EXACT_DECIMAL = /^DECIMAL\((\d|1[0-8]),\d+\)$/;
const OTHER_NUMBER = /^(U?HUGEINT|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/;
const INSTANT = /^(DATE|TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?)$/;

/**
 * Sums of integers and shorter decimals are exact; those of others could overflow, and are taken as doubles. NaN and
 * infinities (those of times too) have no part in a mean: they show as the greatest and the least value.
 */
function meanSql(column: string, type: string): string | null {
  if (EXACT_INTEGER.test(type) || EXACT_DECIMAL.test(type)) return `avg(${column})`;
  if (type === 'BOOLEAN') return `avg(${column}::TINYINT)`;
  if (OTHER_NUMBER.test(type)) return `avg(${column}::DOUBLE) FILTER (isfinite(${column}::DOUBLE))`;
  if (INSTANT.test(type)) return `avg(epoch(${column}::TIMESTAMP)) FILTER (isfinite(${column}::TIMESTAMP))`;
  return null;
}

function readColumn(row: EngineRow, rows: number, column: ColumnSchema, index: number): ColumnProfile {
  const values = Number(row[`values_${index}`]);
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const mean = row[`mean_${index}`];
  return {
    name: column.name,
    type: column.type,
    nulls: rows - values,
    // An estimate may be above what is possible.
    distinct: Math.min(Number(row[`distinct_${index}`]), values),
    min: text(row[`min_${index}`]),
    max: text(row[`max_${index}`]),
    // A sum of finite doubles may still be infinite.
    mean: typeof mean === 'number' && Number.isFinite(mean) ? mean : null,
  };
}
