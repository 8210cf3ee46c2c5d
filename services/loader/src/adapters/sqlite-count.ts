import { RUN_COLUMN } from '@millrace/shared/core/ledger-schema';
import type { Disposition } from '@millrace/shared/core/pipeline';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';
import type { Database } from 'better-sqlite3';

/**
 * How many rows of a run are in its table now, counted there. An appended table is counted through the index on its
 * runs, so the cost grows with the rows of this run and not with the history. Null for a merged table: which of its
 * rows are of this run is not kept, and counting all of them would cost more than the load.
 */
export function countLoaded(
  db: Database,
  table: string,
  disposition: Disposition,
  run: string,
): number | null {
  const name = quoteIdentifier(table);
  switch (disposition.kind) {
    case 'append':
      return db
        .prepare<[string], number>(`SELECT count(*) FROM ${name} WHERE ${quoteIdentifier(RUN_COLUMN)} = ?`)
        .pluck()
        .get(run) as number;
    case 'replace':
      return db.prepare<[], number>(`SELECT count(*) FROM ${name}`).pluck().get() as number;
    case 'merge':
      return null;
  }
}
