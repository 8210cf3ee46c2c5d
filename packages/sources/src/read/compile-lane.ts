import type { TableStore } from '@millrace/shared/core/columns/table-store';
import type { PlannedSource, StagedTable } from '@millrace/shared/core/plan';

import { CsvLane } from '../csv/csv-lane.ts';
import { RecordLane } from '../json/record-lane.ts';
import { SqliteLane } from '../sqlite/sqlite-lane.ts';

/** Reads records straight into the stores of their tables, as far as it is certain of them. */
export type Lane = RecordLane | CsvLane | SqliteLane;

/**
 * The fast lane of a source; which one is decided by its kind and never by the user.
 * @param stores one for each table, in the same order
 * @returns null when there is none: then the judge takes every record
 */
export function compileLane(
  { type, members, csv }: PlannedSource,
  tables: readonly StagedTable[],
  stores: readonly TableStore[],
): Lane | null {
  switch (type) {
    case 'json':
      // Members are found and read by the strict reader, which knows of their keys.
      return members ? null : RecordLane.compile(tables, stores);
    case 'csv':
      return csv === null ? null : CsvLane.compile(tables, stores, csv);
    case 'sqlite':
      return SqliteLane.compile(tables, stores);
    case 'parquet':
      return null;
  }
}

/** The lane as one of this kind, which the kind of its source says it is. */
export function requireLane<T>(lane: Lane, kind: abstract new (...parts: never[]) => T): T {
  if (lane instanceof kind) return lane;
  throw new TypeError(`A ${lane.constructor.name} is not the ${kind.name} that the file needs.`);
}
