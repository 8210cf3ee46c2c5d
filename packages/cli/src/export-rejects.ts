import { readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { fail } from '@millrace/shared/core/errors';
import { quoteList, quoteLiteral } from '@millrace/shared/core/sql-text';
import type { Bucket } from '@millrace/shared/ports/bucket';

import { openBatches, type RejectSet } from '@millrace/shared/runtime/read-rejects';

type Format = 'ndjson' | 'csv' | 'parquet';

const FORMATS: Readonly<Record<string, Format>> = {
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.parquet': 'parquet',
};

const COPY_OPTIONS: Readonly<Record<Format, string>> = {
  ndjson: 'FORMAT json',
  csv: 'FORMAT csv, HEADER',
  parquet: 'FORMAT parquet',
};

/** What a spreadsheet runs as a formula begins so; a number may, for it is one. */
const FORMULA = '^[=+@\\t\\r-]';
const NUMBER = '^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?$';

export interface ExportOptions {
  /** CSV: put a quote in front of a cell that a spreadsheet would run as a formula. */
  readonly formulaGuard: boolean;
}

/**
 * Writes rejects into a file of the format that its name ends in. `raw` is the record as text; where its bytes are not
 * UTF-8 it is null, and `raw_base64` has them. So nothing is lost on the way to a person and back.
 * Throws `usage` for a name that does not say the format.
 */
export async function exportRejects(
  engine: Engine,
  bucket: Bucket,
  rejects: RejectSet,
  file: string,
  options: ExportOptions,
): Promise<void> {
  const format = formatOf(file);
  const reasons = quoteList([...rejects.byReason.keys()]);
  const selects: string[] = [];
  for (const { table, batches } of rejects.groups) {
    if (batches.length === 0) continue;
    const paths = await openBatches(bucket, batches);
    // What was taken over from an earlier run says that run; to the person who asks, it is of this one.
    selects.push(`SELECT ${quoteLiteral(rejects.run)} AS run, source,
        coalesce(table_name, ${table === null ? 'NULL' : quoteLiteral(table)}) AS "table",
        * EXCLUDE (run, source, table_name, raw, sha256), TRY(decode(raw)) AS raw,
        CASE WHEN TRY(decode(raw)) IS NULL THEN to_base64(raw) END AS raw_base64, sha256
      FROM ${readParquetSql(paths)} WHERE list_contains(${reasons}, reason)`);
  }
  const all = `SELECT * ${shown(format, options)} FROM (${selects.join('\nUNION ALL\n')})`;
  await engine.run(`COPY (${all}) TO ${quoteLiteral(file)} (${COPY_OPTIONS[format]})`);
}

function formatOf(file: string): Format {
  const ending = Object.keys(FORMATS).find((known) => file.toLowerCase().endsWith(known)) ?? '';
  const format = FORMATS[ending];
  if (format !== undefined) return format;
  throw fail('usage', {
    message: `'${file}' does not say in which format to write.`,
    hint: `Let its name end in one of ${Object.keys(FORMATS).join(', ')}.`,
  });
}

function shown(format: Format, { formulaGuard }: ExportOptions): string {
  if (format === 'ndjson') return 'REPLACE (CAST(faults AS JSON) AS faults)';
  if (format === 'parquet' || !formulaGuard) return '';
  return `REPLACE (${['source', 'file', 'message', 'faults', 'raw'].map(guarded).join(', ')})`;
}

function guarded(column: string): string {
  const isFormula = `regexp_matches(${column}, '${FORMULA}') AND NOT regexp_matches(${column}, '${NUMBER}')`;
  return `CASE WHEN ${isFormula} THEN '''' || ${column} ELSE ${column} END AS ${column}`;
}
