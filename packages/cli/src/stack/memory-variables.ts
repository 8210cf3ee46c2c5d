import { LITTLE_MEMORY_BYTES } from '@millrace/shared/runtime/config';

/**
 * What makes a service of a machine with little memory small; a process can only be started with it. Fewer threads
 * mean fewer arenas of freed memory that is kept, and V8 otherwise lets its young objects have 30 MB before it looks.
 * What the user has set stands.
 */
export function memoryVariables(
  memoryLimitBytes: number,
  variables: NodeJS.ProcessEnv,
): Record<string, string> {
  if (memoryLimitBytes >= LITTLE_MEMORY_BYTES) return {};
  const { UV_THREADPOOL_SIZE = '2', MALLOC_ARENA_MAX = '1', NODE_OPTIONS = '' } = variables;
  const options = `--max-semi-space-size=1 --v8-pool-size=1 ${NODE_OPTIONS}`.trim();
  return { UV_THREADPOOL_SIZE, MALLOC_ARENA_MAX, NODE_OPTIONS: options };
}
