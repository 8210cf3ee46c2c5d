import type { Column } from '@millrace/shared/core/pipeline';

import { columnsFromParquet, type ParquetSchema } from './columns-from-parquet.ts';

/**
 * Columns for Parquet files as they declare them, without those of bytes, which no table can take.
 * Throws `schema_mismatch` for a column that is of another type in another file.
 */
export function guessParquetColumns(schemas: readonly ParquetSchema[]): {
  columns: readonly Column[];
  leftOut: readonly string[];
} {
  const bytes = new Set(
    schemas.flatMap(({ columns }) => columns.filter(({ type }) => type === 'BLOB').map(({ name }) => name)),
  );
  const kept = schemas.map((schema) => ({
    ...schema,
    columns: schema.columns.filter(({ name }) => !bytes.has(name)),
  }));
  return { columns: columnsFromParquet(kept), leftOut: [...bytes] };
}
