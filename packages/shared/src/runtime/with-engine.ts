import type { Engine } from '../adapters/duckdb.ts';
import type { Config } from './config.ts';

/**
 * A DuckDB for reading batches, closed afterwards. It is loaded here only: most commands do without, and it takes
 * longer to load than they take to run.
 */
export async function withEngine<T>(config: Config, work: (engine: Engine) => Promise<T>): Promise<T> {
  const { openEngine } = await import('../adapters/duckdb.ts');
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
