import { openEngine, readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { fail, isMillraceError } from '@millrace/shared/core/errors';

const MEMORY_BYTES = 192 * 1024 * 1024;

/** A Parquet file that is open for SQL. */
export interface OpenParquet {
  readonly engine: Engine;
  /** What to put after FROM. */
  readonly relation: string;
  /** An error of DuckDB as one that names the file. */
  explain(error: unknown): unknown;
}

/** Opens one file and gives the engine access to nothing else. The caller closes the engine. */
export async function openParquet(path: string): Promise<OpenParquet> {
  const engine = await openEngine({ memoryLimitBytes: MEMORY_BYTES, threads: 1, spillDir: null });
  await engine.confineTo([path]);
  return {
    engine,
    relation: readParquetSql([path]),
    explain: (error) => explain(engine.explain(error), path),
  };
}

function explain(error: unknown, path: string): unknown {
  if (isMillraceError(error) || !(error instanceof Error)) return error;
  const isParquet = !/No magic bytes|too small to be a Parquet file/i.test(error.message);
  return fail(isParquet ? 'file_unreadable' : 'file_format', {
    message: isParquet
      ? `The Parquet file is damaged: ${error.message}`
      : 'Not a Parquet file, or one that is cut off: its end is missing.',
    where: path,
    hint: isParquet
      ? 'Write or fetch the file again; nothing of it was used.'
      : 'Check `type` and `path` of the source.',
    cause: error,
  });
}
