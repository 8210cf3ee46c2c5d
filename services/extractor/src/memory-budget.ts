import { setFlagsFromString } from 'node:v8';

/** What an extractor keeps between tasks, to be faster. */
export interface MemoryBudget {
  readonly keptColumnBytes: number;
  readonly tasksPerEngine: number;
}

const MEBIBYTE = 1024 * 1024;
/** With a setting below this, memory is worth more than speed. */
const LITTLE_BYTES = 256 * MEBIBYTE;

/** @param limitBytes the memory that the user gives to DuckDB, by which he says how much there is */
export function memoryBudget(limitBytes: number): MemoryBudget {
  if (limitBytes >= LITTLE_BYTES) return { keptColumnBytes: 64 * MEBIBYTE, tasksPerEngine: 50 };
  return { keptColumnBytes: 8 * MEBIBYTE, tasksPerEngine: 1 };
}

/** Has V8 collect young objects more often instead of giving them 30 MB; it only works before there are many. */
export function keepHeapSmall(limitBytes: number): void {
  if (limitBytes < LITTLE_BYTES) setFlagsFromString('--semi-space-growth-factor=1');
}
