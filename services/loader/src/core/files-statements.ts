import type { ColumnSchema } from '@millrace/shared/core/batch';
import { LOADED_AT_COLUMN, RUN_COLUMN } from '@millrace/shared/core/ledger-schema';
import type { Disposition } from '@millrace/shared/core/pipeline';
import { quoteIdentifier, quoteLiteral } from '@millrace/shared/core/sql-text';

export type FileFormat = 'csv' | 'parquet';

export interface FileSource {
  readonly columns: readonly ColumnSchema[];
  readonly disposition: Disposition;
  /** DuckDB's name of the rows; null when there are none. */
  readonly rows: string | null;
  readonly run: string;
  /** UTC, as all times in a destination. */
  readonly loadedAt: string;
}

/** Columns of the file, in DuckDB's types: what a reader of the file needs to get the values back. */
export function fileColumns({ columns, disposition }: FileSource, format: FileFormat): ColumnSchema[] {
  const stamps = [
    { name: RUN_COLUMN, type: 'VARCHAR' },
    { name: LOADED_AT_COLUMN, type: 'TIMESTAMP' },
  ];
  const own = columns.map(({ name, type }) => ({
    name,
    type: format === 'csv' && isNested(type) ? 'VARCHAR' : type,
  }));
  return disposition.kind === 'append' ? [...own, ...stamps] : own;
}

/** DuckDB's statement that writes the file. It gives one row with the `Count` of rows written. */
export function copyStatement(source: FileSource, format: FileFormat, target: string): string {
  const values = source.columns.map(({ name, type }) => {
    const value = source.rows === null ? `CAST(NULL AS ${type})` : quoteIdentifier(name);
    const text = format === 'csv' && isNested(type) ? `CAST(to_json(${value}) AS VARCHAR)` : value;
    return `${text} AS ${quoteIdentifier(name)}`;
  });
  if (source.disposition.kind === 'append') {
    values.push(
      `${quoteLiteral(source.run)} AS ${quoteIdentifier(RUN_COLUMN)}`,
      `TIMESTAMP ${quoteLiteral(source.loadedAt)} AS ${quoteIdentifier(LOADED_AT_COLUMN)}`,
    );
  }
  const from = source.rows === null ? 'WHERE false' : `FROM ${source.rows}`;
  return `COPY (SELECT ${values.join(', ')} ${from}) TO ${quoteLiteral(target)} (${options(format)})`;
}

/** CSV as RFC 4180 has it: with CRLF; null is nothing at all, and an empty text is `""`. */
function options(format: FileFormat): string {
  return format === 'csv'
    ? String.raw`FORMAT csv, HEADER true, NULLSTR '', NEW_LINE '\r\n', USE_TMP_FILE false`
    : 'FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false';
}

function isNested(type: string): boolean {
  return type.endsWith(']') || /^(STRUCT|MAP)\(/.test(type);
}
