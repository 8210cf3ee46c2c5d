import { openParquet } from './open-parquet.ts';

/** Rows of a Parquet file, as its metadata says. Throws `file_format` or `file_unreadable`. */
export async function countParquetRows(path: string): Promise<number> {
  const parquet = await openParquet(path);
  try {
    const [row] = await parquet.engine.rows(`SELECT count(*) AS count FROM ${parquet.relation}`);
    return Number(row?.['count'] ?? 0);
  } catch (error) {
    throw parquet.explain(error);
  } finally {
    await parquet.engine.close();
  }
}
