import type { ColumnSchema } from '@millrace/shared/core/batch';

import { openParquet } from './open-parquet.ts';

/** Columns of a Parquet file with the names that DuckDB has for their types. Throws `file_format` or `file_unreadable`. */
export async function describeParquet(path: string): Promise<ColumnSchema[]> {
  const parquet = await openParquet(path);
  try {
    const rows = await parquet.engine.rows(`DESCRIBE SELECT * FROM ${parquet.relation}`);
    return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
  } catch (error) {
    throw parquet.explain(error);
  } finally {
    await parquet.engine.close();
  }
}
