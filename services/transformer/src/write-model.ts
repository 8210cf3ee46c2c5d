import { bucketError, copyToParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import type { BoundColumn } from '@millrace/shared/adapters/model-bind';
import { explainModelRows, modelRowsSql, type SelectedModel } from '@millrace/shared/adapters/model-rows';

export interface ModelTarget {
  readonly path: string;
  /** The bucket's key of what is written to `path`, for messages. */
  readonly key: string;
  readonly columns: readonly BoundColumn[];
}

/**
 * Writes what a model gives as one Parquet file, and returns how many rows that is. Throws `model_failed` with
 * DuckDB's reason and place, `out_of_memory`, or `bucket_unavailable`.
 */
export async function writeModel(engine: Engine, model: SelectedModel, target: ModelTarget): Promise<number> {
  const sql = copyToParquetSql(modelRowsSql(model, target.columns), target.path);
  try {
    const [result] = await engine.rows(sql);
    return Number(result?.['Count']);
  } catch (error) {
    throw bucketError(error, target.key) ?? explainModelRows(model, sql, error);
  }
}
