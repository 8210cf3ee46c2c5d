/**
 * A claim on rows: the only form in which data rides a queue or stands in a manifest. Whoever reads the object
 * verifies bytes and sha256 first.
 */
export interface BatchReference {
  /** Key of the object in the bucket. */
  readonly key: string;
  readonly format: 'parquet';
  readonly rows: number;
  readonly bytes: number;
  /** Hex, of the object's bytes. */
  readonly sha256: string;
}

/** A column of stored rows; `type` is DuckDB's name of it. */
export interface ColumnSchema {
  readonly name: string;
  readonly type: string;
}

/** A staged or modelled table as one task produced it. */
export interface TableOutput {
  readonly table: string;
  readonly columns: readonly ColumnSchema[];
  readonly batches: readonly BatchReference[];
  readonly rows: number;
}

/** Default size of a batch. 50 000 rows is where the cost per file stops mattering; 32 MiB bounds memory for wide rows. */
export const DEFAULT_BATCH = { rows: 50_000, bytes: 32 * 1024 * 1024 } as const;
