import type Database from 'better-sqlite3';

import type { ColumnProfile } from '../core/check.ts';
import { isoTime } from '../core/destination-time.ts';
import type { CheckRecord, FailingRow, ProfiledRun, RunChecks, StoredProfile } from '../core/run-checks.ts';

interface CheckRow {
  check_id: string;
  table_name: string;
  kind: CheckRecord['kind'];
  severity: CheckRecord['severity'];
  status: CheckRecord['status'];
  bad_rows: number;
  rows: number;
  kept_rows: number;
  message: string;
}

/** What the checks of a run found; nothing in a database that was last written before there were any. */
export function readChecks(db: Database.Database, run: string): RunChecks {
  if (!hasChecks(db)) return { results: [], profiles: [] };
  const rows = db
    .prepare<[string], CheckRow>('SELECT * FROM _millrace_checks WHERE run_id = ? ORDER BY check_id')
    .all(run);
  return { results: rows.map(checkRecord), profiles: readProfiles(db, run) };
}

function checkRecord(row: CheckRow): CheckRecord {
  return {
    check: row.check_id,
    table: row.table_name,
    kind: row.kind,
    severity: row.severity,
    status: row.status,
    badRows: row.bad_rows,
    rows: row.rows,
    keptRows: row.kept_rows,
    message: row.message,
  };
}

interface FailureRow {
  check_id: string;
  number: number;
  row_json: string;
  source_file: string | null;
  record_number: number | null;
}

export function readFailures(db: Database.Database, run: string, check: string, limit: number): FailingRow[] {
  if (!hasChecks(db)) return [];
  const rows = db
    .prepare<[string, string, number], FailureRow>(
      'SELECT * FROM _millrace_failures WHERE run_id = ? AND check_id = ? ORDER BY number LIMIT ?',
    )
    .all(run, check, limit);
  return rows.map(({ check_id, number, row_json, source_file, record_number }) => ({
    check: check_id,
    number,
    row: row_json,
    origin: source_file === null ? null : { file: source_file, recordNumber: record_number },
  }));
}

interface ProfiledRow {
  run_id: string;
  started_at: string;
  published_at: string;
}

/** Of published runs that have profiles and are no replays, the newest first. */
export function readProfiledRuns(db: Database.Database, pipeline: string, limit: number): ProfiledRun[] {
  if (!hasChecks(db)) return [];
  const runs = db
    .prepare<[string, number], ProfiledRow>(
      `SELECT l.run_id, r.started_at, l.published_at FROM _millrace_loads AS l
       JOIN _millrace_runs AS r ON r.run_id = l.run_id
       WHERE l.pipeline = ? AND l.replay_of IS NULL
         AND EXISTS (SELECT 1 FROM _millrace_profiles AS p WHERE p.run_id = l.run_id)
       ORDER BY l.load_seq DESC LIMIT ?`,
    )
    .all(pipeline, limit);
  return runs.map(({ run_id, started_at, published_at }) => ({
    run: run_id,
    plannedAt: isoTime(started_at),
    publishedAt: isoTime(published_at),
    tables: readProfiles(db, run_id),
  }));
}

interface ProfileRow {
  table_name: string;
  rows: number;
  column_name: string;
  column_type: string;
  nulls: number;
  distinct_approx: number;
  min: string | null;
  max: string | null;
  mean: number | null;
}

function readProfiles(db: Database.Database, run: string): StoredProfile[] {
  const rows = db
    .prepare<[string], ProfileRow>(
      'SELECT * FROM _millrace_profiles WHERE run_id = ? ORDER BY table_name, position',
    )
    .all(run);
  const tables = new Map<string, { rows: number; columns: ColumnProfile[] }>();
  for (const row of rows) {
    const table = tables.get(row.table_name) ?? { rows: row.rows, columns: [] };
    table.columns.push(columnProfile(row));
    tables.set(row.table_name, table);
  }
  return [...tables].map(([table, profile]) => ({ table, ...profile }));
}

function columnProfile(row: ProfileRow): ColumnProfile {
  return {
    name: row.column_name,
    type: row.column_type,
    nulls: row.nulls,
    distinct: row.distinct_approx,
    min: row.min,
    max: row.max,
    mean: row.mean,
  };
}

/** The three tables came with one release. */
function hasChecks(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_millrace_profiles'").get() !== undefined;
}
