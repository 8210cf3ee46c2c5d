/**
 * Table functions a model may call: those that make rows from their arguments alone. A list of what is allowed,
 * because a new version of DuckDB may bring new ones that read files, settings or the network.
 */
export const ALLOWED_TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  'generate_series',
  'json_each',
  'json_tree',
  'range',
  'repeat',
  'repeat_row',
  'unnest',
]);

/**
 * Other functions that a model may not call: they show or change the worker instead of computing. Here a list of
 * what is refused is enough, because DuckDB itself refuses files and network to a locked engine.
 */
export const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set([
  'current_setting',
  'getenv',
  'pg_sleep',
  'sleep_ms',
  'write_log',
]);
