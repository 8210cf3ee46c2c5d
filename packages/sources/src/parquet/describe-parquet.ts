import type { ColumnSchema } from '@millrace/shared/core/batch';

import { fail } from '@millrace/shared/core/errors';

import { openParquet } from './open-parquet.ts';

/** Columns of a Parquet file with the names that DuckDB has for their types. Throws `file_format` or `file_unreadable`. */
export async function describeParquet(path: string): Promise<ColumnSchema[]> {
  const parquet = await openParquet(path);
  try {
    const rows = await parquet.engine.rows(`DESCRIBE SELECT * FROM ${parquet.relation}`);
    return rows.map(({ column_name: name, column_type: type }) => {
      if (typeof name === 'string' && typeof type === 'string') return { name, type };
      throw fail('internal', { message: 'DuckDB described a column without a name or type.', where: path });
    });
  } catch (error) {
    throw parquet.explain(error);
  } finally {
    await parquet.engine.close();
  }
}
