import type { PlannedDrift } from './drift.ts';

export const CONTRACT_ACTIONS = ['diff', 'accept'] as const;
export type ContractAction = (typeof CONTRACT_ACTIONS)[number];

/** One use of `millrace contract` that found differences: they were shown (diff), or written into pipeline.yml (accept). */
export interface ContractRecord {
  /** Begins with the time to the millisecond, so that ids sort by it. */
  readonly id: string;
  readonly pipeline: string;
  readonly action: ContractAction;
  /** User and host. */
  readonly by: string;
  /** ISO UTC. */
  readonly recordedAt: string;
  /** Never empty, and without values of new fields. */
  readonly drift: readonly PlannedDrift[];
}

/** Records of several places, each once, the oldest first. */
export function mergeContracts(...places: readonly (readonly ContractRecord[])[]): ContractRecord[] {
  const byId = new Map(places.flat().map((record) => [record.id, record]));
  return [...byId.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** Whether two lists tell of the same differences; how many rows show them may differ. */
export function isSameDrift(one: readonly PlannedDrift[], other: readonly PlannedDrift[]): boolean {
  const keys = (drift: readonly PlannedDrift[]) =>
    drift
      .map(({ table, kind, column, path, declared, found }) =>
        JSON.stringify([table, kind, column, path, declared, found]),
      )
      .sort()
      .join();
  return keys(one) === keys(other);
}
