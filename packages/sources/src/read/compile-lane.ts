import type { TableStore } from '@millrace/shared/core/columns/table-store';
import type { PlannedSource, StagedTable } from '@millrace/shared/core/plan';

import { RecordLane } from '../json/lane/record-lane.ts';

/** Reads records straight into the stores of their tables, as far as it is certain of them. */
export interface Lane {
  readonly kind: 'json';
  readonly lane: RecordLane;
}

/**
 * The fast lane of a source; which one is decided by its kind and never by the user.
 * @param stores one for each table, in the same order
 * @returns null when there is none: then the judge takes every record
 */
export function compileLane(
  source: PlannedSource,
  tables: readonly StagedTable[],
  stores: readonly TableStore[],
): Lane | null {
  if (source.type !== 'json') return null;
  const lane = RecordLane.compile(tables, stores);
  return lane === null ? null : { kind: 'json', lane };
}
