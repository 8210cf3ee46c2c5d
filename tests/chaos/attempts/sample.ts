import { createDice } from '../harness/dice.ts';

/** Everything is tried with CHAOS_SYSCALLS=all; else as many as fit into a run of all tests, drawn by CHAOS_SEED. */
export const ALL = process.env['CHAOS_SYSCALLS'] === 'all';
const SEED = Number(process.env['CHAOS_SEED'] ?? 1);

/** In their order. */
export function sample<T>(all: readonly T[], wanted: number): readonly T[] {
  if (ALL || all.length <= wanted) return all;
  const dice = createDice(SEED);
  const left = all.map((value, index) => ({ value, index }));
  while (left.length > wanted) left.splice(dice.between(0, left.length - 1), 1);
  return left.map(({ value }) => value);
}
