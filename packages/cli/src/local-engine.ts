import type { Engine } from '@millrace/shared/adapters/duckdb';
import type { Config } from '@millrace/shared/runtime/config';

/**
 * A DuckDB for reading batches, closed afterwards. It is loaded here only: most commands do without, and it takes
 * longer to load than they take to run.
 */
export async function withEngine<T>(config: Config, work: (engine: Engine) => Promise<T>): Promise<T> {
  const { openEngine } = await import('@millrace/shared/adapters/duckdb');
  const engine = await openEngine({
    memoryLimitBytes: config.memoryLimitBytes,
    threads: config.threads,
    spillDir: null,
  });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
