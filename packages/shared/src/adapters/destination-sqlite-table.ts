import type { Database } from 'better-sqlite3';

import { LOADED_AT_COLUMN, RUN_COLUMN } from '../core/ledger-schema.ts';
import type { FoundTable } from '../core/table-change.ts';

/** What a database with a ledger has under the name of a table, without the columns that millrace adds itself. */
export function findTable(db: Database, table: string): FoundTable {
  const columns = db
    .prepare<[string], { name: string; declared: string }>(
      'SELECT name, type AS declared FROM pragma_table_info(?)',
    )
    .all(table);
  const added = [RUN_COLUMN, LOADED_AT_COLUMN];
  const owner = db
    .prepare<[string], { pipeline: string; disposition: string }>(
      'SELECT pipeline, disposition FROM _millrace_tables WHERE table_name = ?',
    )
    .get(table);
  return {
    kind: findKind(db, table),
    columns: columns.filter((column) => !added.includes(column.name)),
    owner: owner ?? null,
  };
}

export function findKind(db: Database, name: string): FoundTable['kind'] {
  const found = db
    .prepare<[string], NonNullable<FoundTable['kind']>>(
      'SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE',
    )
    .pluck()
    .get(name);
  return found ?? null;
}
