import type { TableStore } from '@millrace/shared/core/columns/table-store';
import type { PlannedSource, StagedTable } from '@millrace/shared/core/plan';

import { CsvLane } from '../csv/csv-lane.ts';
import { RecordLane } from '../json/record-lane.ts';

/** Reads records straight into the stores of their tables, as far as it is certain of them. */
export type Lane =
  { readonly kind: 'json'; readonly lane: RecordLane } | { readonly kind: 'csv'; readonly lane: CsvLane };

/**
 * The fast lane of a source; which one is decided by its kind and never by the user.
 * @param stores one for each table, in the same order
 * @returns null when there is none: then the judge takes every record
 */
export function compileLane(
  { type, csv }: PlannedSource,
  tables: readonly StagedTable[],
  stores: readonly TableStore[],
): Lane | null {
  if (type === 'json') {
    const lane = RecordLane.compile(tables, stores);
    return lane === null ? null : { kind: 'json', lane };
  }
  if (type !== 'csv' || csv === null) return null;
  const lane = CsvLane.compile(tables, stores, csv);
  return lane === null ? null : { kind: 'csv', lane };
}
