import type { Config } from '@millrace/shared/runtime/config';

const MEMORY_BYTES = 128 * 1024 * 1024;

/** For the few rows that a page shows: what the dashboard reads must not take from runs. */
export function smallConfig(config: Config): Config {
  return { ...config, threads: 1, memoryLimitBytes: Math.min(MEMORY_BYTES, config.memoryLimitBytes) };
}
