import { findKind, findTable } from '@millrace/shared/adapters/destination-sqlite-table';
import { LEDGER_PREFIX, latestViewName } from '@millrace/shared/core/ledger-schema';
import { fail } from '@millrace/shared/core/errors';
import { formatDisposition, type RunRecord } from '@millrace/shared/core/run-record';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';
import { decideTableChange, type WantedTable } from '@millrace/shared/core/table-change';
import type { ColumnSchema } from '@millrace/shared/core/batch';
import type { Database } from 'better-sqlite3';

import { addColumn, createLatestView, createTable } from '../core/sqlite-statements.ts';

export interface FittedTable {
  /** Columns of the table that the model's rows do not have. */
  readonly absent: readonly string[];
  /** What was changed, as a sentence each, for the log. */
  readonly notices: readonly string[];
}

/** Makes the table ready for the model's rows: created, widened or left alone, its rows removed for a replace. */
export function fitTable(db: Database, wanted: WantedTable): FittedTable {
  const { table, columns, disposition } = wanted;
  if (table.toLowerCase().startsWith(LEDGER_PREFIX)) {
    throw fail('destination_conflict', {
      message: `Table '${table}' has a name that is millrace's own.`,
      where: `${wanted.file}, loaded into ${wanted.database}`,
      hint: `Give the model a name that does not begin with ${LEDGER_PREFIX}.`,
    });
  }
  const found = findTable(db, table);
  const change = decideTableChange(found, wanted);
  const notices: string[] = [];
  if (change.kind === 'create' && found.owner !== null) dropLeftoverView(db, table);
  if (change.kind === 'recreate') {
    db.exec(`DROP TABLE ${quoteIdentifier(table)}`);
    notices.push(`table '${table}' was made anew, because the columns of the model changed`);
  }
  if (change.kind !== 'widen') {
    for (const statement of createTable(table, columns, disposition)) db.exec(statement);
  } else {
    for (const column of change.add) {
      db.exec(addColumn(table, column));
      notices.push(`table '${table}' got the column '${column.name}'; it is null in older rows`);
    }
    if (change.absent.length > 0) {
      notices.push(
        `table '${table}' has columns that the model has no more, null in new rows: ${change.absent.join(', ')}`,
      );
    }
    if (disposition.kind === 'replace') db.exec(`DELETE FROM ${quoteIdentifier(table)}`);
  }
  if (disposition.kind === 'append') fitLatestView(db, wanted, change.kind === 'create');
  return { absent: change.kind === 'widen' ? change.absent : [], notices };
}

/** The view of a table that was ours, and that somebody has dropped to have it made anew. */
function dropLeftoverView(db: Database, table: string): void {
  const view = latestViewName(table);
  if (findKind(db, view) === 'view') db.exec(`DROP VIEW ${quoteIdentifier(view)}`);
}

/** The view names its columns, because `*` would be what it was when SQLite read the view. */
function fitLatestView(db: Database, wanted: WantedTable, isNewTable: boolean): void {
  const view = latestViewName(wanted.table);
  const kind = findKind(db, view);
  if (kind !== null && (isNewTable || kind !== 'view')) {
    throw fail('destination_conflict', {
      message: `The destination has a ${kind} '${view}', and table '${wanted.table}' needs that name for the view of its newest run.`,
      where: `${wanted.file}, loaded into ${wanted.database}`,
      hint: `Give the model another name, or move that ${kind} away.`,
    });
  }
  const columns = db
    .prepare<[string], string>('SELECT name FROM pragma_table_info(?)')
    .pluck()
    .all(wanted.table);
  const create = createLatestView(wanted.table, columns, wanted.pipeline);
  const existing = db
    .prepare('SELECT sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE')
    .pluck()
    .get(view);
  if (existing === create) return;
  if (kind === 'view') db.exec(`DROP VIEW ${quoteIdentifier(view)}`);
  db.exec(create);
}

/**
 * Writes down whose the table is; its columns are kept as the model has them, in DuckDB's types. A replay belongs to
 * the run that it replays, which need not be the last.
 */
export function recordTable(
  db: Database,
  wanted: Pick<WantedTable, 'table' | 'pipeline' | 'disposition'>,
  columns: readonly ColumnSchema[],
  { run, replayOf }: Pick<RunRecord, 'run' | 'replayOf'>,
): void {
  db.prepare(
    `INSERT INTO _millrace_tables (table_name, pipeline, disposition, columns, last_run_id)
     VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (table_name) DO UPDATE SET pipeline = excluded.pipeline, disposition = excluded.disposition,
       columns = excluded.columns,
       last_run_id = ${replayOf === null ? 'excluded.last_run_id' : 'last_run_id'}`,
  ).run(
    wanted.table,
    wanted.pipeline,
    formatDisposition(wanted.disposition),
    JSON.stringify(columns),
    replayOf ?? run,
  );
}
