import { existsSync } from 'node:fs';

import Database from 'better-sqlite3';

import type { ColumnSchema } from '../core/batch.ts';
import type { ContractRecord } from '../core/contract-record.ts';
import type { DriftRecord } from '../core/drift-record.ts';
import { fail, isMillraceError } from '../core/errors.ts';
import { LEDGER_VERSION } from '../core/ledger-schema.ts';
import { beginsAsQuery, exactNumber } from '../core/query-text.ts';
import type { FailingRow, ProfiledRun, RunChecks } from '../core/run-checks.ts';
import type { RunRecord } from '../core/run-record.ts';
import type { Watermark } from '../core/watermark.ts';
import type { FoundTable } from '../core/table-change.ts';
import { quoteIdentifier } from '../core/sql-text.ts';
import type {
  DestinationReader,
  PublishedTableInfo,
  QueryResult,
  QueryValue,
  RunDetail,
} from '../ports/destination-reader.ts';
import { notAQuery, nothingPublished, queryFailed } from './destination-query-error.ts';
import { readContracts, readDrift } from './destination-sqlite-drift.ts';
import { readChecks, readFailures, readProfiledRuns } from './destination-sqlite-checks.ts';
import { explainSqliteError } from './destination-sqlite-error.ts';
import { findKind, findTable } from './destination-sqlite-table.ts';
import { readRun, readRuns } from './destination-sqlite-runs.ts';
import { readWatermarks } from './destination-sqlite-watermarks.ts';

/** A load holds the write lock only; readers of WAL wait for nothing but the recovery after a crash. */
const BUSY_TIMEOUT_MS = 5000;

/** Reads a SQLite destination. Each call sees one state of it: what is published meanwhile comes with the next. */
export function openSqliteReader(path: string): DestinationReader {
  let db: Database.Database | null = null;

  function open(): Database.Database | null {
    if (db === null && existsSync(path)) {
      // A reader of WAL makes files beside the database, which only one that may write removes when it closes. Where
      // they are there already, a load is going on or was cut off, and to mend that is not for a reader.
      const readonly = existsSync(`${path}-wal`);
      db = new Database(path, { readonly, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
      db.pragma('query_only = ON');
    }
    return db;
  }

  /** Null when there is no database, or none that millrace has written to. */
  function openLedger(): Database.Database | null {
    const opened = open();
    if (opened === null || !hasLedger(opened)) return null;
    checkVersion(opened, path);
    return opened;
  }

  async function read<T>(empty: T, action: (ledger: Database.Database) => T): Promise<T> {
    try {
      const ledger = openLedger();
      return ledger === null ? empty : ledger.transaction(() => action(ledger))();
    } catch (error) {
      throw explainSqliteError(error, path);
    }
  }

  return {
    tables: () => read<PublishedTableInfo[]>([], readTables),
    find: async (table) => {
      try {
        return findIn(open(), table);
      } catch (error) {
        throw explainSqliteError(error, path);
      }
    },
    runs: (limit) => read<RunRecord[]>([], (ledger) => readRuns(ledger, limit)),
    run: (run) => read<RunDetail | null>(null, (ledger) => readRun(ledger, run)),
    watermarks: (pipeline) => read<Watermark[]>([], (ledger) => readWatermarks(ledger, pipeline)),
    checks: (run) => read<RunChecks>({ results: [], profiles: [] }, (ledger) => readChecks(ledger, run)),
    failures: (run, check, limit) =>
      read<FailingRow[]>([], (ledger) => readFailures(ledger, run, check, limit)),
    drift: (run) => read<DriftRecord[]>([], (ledger) => readDrift(ledger, run)),
    contracts: (pipeline) => read<ContractRecord[]>([], (ledger) => readContracts(ledger, pipeline)),
    profiles: (pipeline, limit) =>
      read<ProfiledRun[]>([], (ledger) => readProfiledRuns(ledger, pipeline, limit)),
    query: async (sql, { maxRows }) => {
      try {
        const opened = open();
        if (opened === null) throw nothingPublished(path);
        return runQuery(opened, sql, maxRows, path);
      } catch (error) {
        throw explainSqliteError(error, path);
      }
    },
    close: async () => {
      db?.close();
      db = null;
    },
  };
}

/** In a database without a ledger nothing is millrace's. */
function findIn(db: Database.Database | null, table: string): FoundTable {
  if (db === null) return { kind: null, columns: [], owner: null };
  return hasLedger(db) ? findTable(db, table) : { kind: findKind(db, table), columns: [], owner: null };
}

function hasLedger(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_millrace_meta'").get() !== undefined;
}

function checkVersion(db: Database.Database, path: string): void {
  const version = Number(
    db.prepare("SELECT value FROM _millrace_meta WHERE key = 'schema_version'").pluck().get(),
  );
  if (version <= LEDGER_VERSION) return;
  throw fail('ledger_too_new', {
    message: `The destination has millrace tables of version ${version}, this process knows version ${LEDGER_VERSION}.`,
    where: path,
    hint: 'Upgrade millrace on this machine.',
  });
}

interface TableRow {
  table_name: string;
  pipeline: string;
  disposition: string;
  columns: string;
  last_run_id: string;
  rows: number;
}

/** The run that a run belongs to. A ledger of which no version that replays has written has no column for it. */
function originOf(db: Database.Database): string {
  const found = db
    .prepare("SELECT 1 FROM pragma_table_info('_millrace_loads') WHERE name = 'replay_of'")
    .get();
  return found === undefined ? 'r.run_id' : 'coalesce(r.replay_of, r.run_id)';
}

function readTables(db: Database.Database): PublishedTableInfo[] {
  const found = db
    .prepare<[], TableRow>(
      `SELECT t.*, (
         SELECT coalesce(sum(l.rows), 0) FROM _millrace_load_tables AS l
         JOIN _millrace_loads AS r ON r.run_id = l.run_id
         WHERE l.table_name = t.table_name AND ${originOf(db)} = t.last_run_id
       ) AS rows FROM _millrace_tables AS t
       JOIN sqlite_schema AS s ON s.name = t.table_name COLLATE NOCASE AND s.type = 'table'
       ORDER BY t.table_name`,
    )
    .all();
  return found.map((row) => ({
    table: row.table_name,
    pipeline: row.pipeline,
    disposition: row.disposition,
    columns: JSON.parse(row.columns) as ColumnSchema[],
    rows:
      db
        .prepare<[], number>(`SELECT count(*) FROM ${quoteIdentifier(row.table_name)}`)
        .pluck()
        .get() ?? 0,
    latestRun: row.last_run_id,
    latestRows: row.rows,
  }));
}

function runQuery(db: Database.Database, sql: string, maxRows: number, path: string): QueryResult {
  if (!beginsAsQuery(sql)) throw notAQuery(path);
  try {
    const statement = db.prepare<[], QueryValue[]>(sql);
    if (!statement.reader || !statement.readonly) throw notAQuery(path);
    const columns = statement.columns().map(({ name, type }) => ({ name, type }));
    const rows: QueryValue[][] = [];
    for (const row of statement.safeIntegers().raw().iterate()) {
      if (rows.length === maxRows) return { columns, rows, truncated: true };
      rows.push(row.map((value) => (typeof value === 'bigint' ? exactNumber(value) : value)));
    }
    return { columns, rows, truncated: false };
  } catch (error) {
    throw explainQueryError(db, error, path);
  }
}

/** SQLite says SQLITE_ERROR for what is wrong with the statement; other codes are troubles of the file. */
function explainQueryError(db: Database.Database, error: unknown, path: string): unknown {
  if (isMillraceError(error) || !(error instanceof Error)) return error;
  if (error instanceof Database.SqliteError && error.code !== 'SQLITE_ERROR') return error;
  const missing = error.message.startsWith('no such table');
  if (missing && !(hasLedger(db) && readTables(db).length > 0)) return nothingPublished(path);
  const names = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name GLOB '_millrace_*', name",
    )
    .pluck()
    .all();
  return queryFailed(
    error,
    path,
    names.filter((name) => !name.startsWith('sqlite_')),
  );
}
