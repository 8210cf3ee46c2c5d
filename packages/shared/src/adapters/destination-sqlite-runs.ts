import type Database from 'better-sqlite3';

import { isoTime } from '../core/destination-time.ts';
import type { InputRecord, RunRecord } from '../core/run-record.ts';
import type { RunDetail } from '../ports/destination-reader.ts';

interface RunRow {
  run_id: string;
  pipeline: string;
  status: RunRecord['status'];
  trigger: RunRecord['trigger'];
  requested_at: string;
  started_at: string;
  ended_at: string;
  duration_ms: number;
  records_seen: number;
  records_rejected: number;
  rows_loaded: number;
  error_code: string | null;
  error_message: string | null;
  code_version: string;
  bundle: string;
  /** Absent where no replay has been published yet by a version that knows them. */
  replay_of?: string | null;
  /** Likewise. */
  retries?: number | null;
}

function runRecord(row: RunRow): RunRecord {
  return {
    run: row.run_id,
    pipeline: row.pipeline,
    status: row.status,
    trigger: row.trigger,
    replayOf: row.replay_of ?? null,
    retries: row.retries ?? null,
    requestedAt: isoTime(row.requested_at),
    startedAt: isoTime(row.started_at),
    endedAt: isoTime(row.ended_at),
    durationMs: row.duration_ms,
    recordsSeen: row.records_seen,
    recordsRejected: row.records_rejected,
    rowsLoaded: row.rows_loaded,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    codeVersion: row.code_version,
    bundle: row.bundle,
  };
}

/** Runs that have ended, the newest request first. */
export function readRuns(db: Database.Database, limit: number): RunRecord[] {
  return db
    .prepare<[number], RunRow>('SELECT * FROM _millrace_runs ORDER BY requested_at DESC, run_id DESC LIMIT ?')
    .all(limit)
    .map(runRecord);
}

interface InputRow {
  source: string;
  path: string;
  size_bytes: number;
  modified_at: string;
  sha256: string;
  records_seen: number | null;
  records_accepted: number | null;
  records_rejected: number | null;
}

/** Null when the history has no such run. */
export function readRun(db: Database.Database, run: string): RunDetail | null {
  const row = db.prepare<[string], RunRow>('SELECT * FROM _millrace_runs WHERE run_id = ?').get(run);
  if (row === undefined) return null;
  const inputs = db
    .prepare<[string], InputRow>('SELECT * FROM _millrace_inputs WHERE run_id = ? ORDER BY source, path')
    .all(run);
  const tables = db
    .prepare<[string], [string, number]>(
      'SELECT table_name, rows FROM _millrace_load_tables WHERE run_id = ? ORDER BY table_name',
    )
    .raw()
    .all(run);
  return { record: runRecord(row), inputs: inputs.map(inputRecord), tables: Object.fromEntries(tables) };
}

function inputRecord(row: InputRow): InputRecord {
  return {
    source: row.source,
    path: row.path,
    sizeBytes: row.size_bytes,
    modifiedAt: isoTime(row.modified_at),
    sha256: row.sha256,
    recordsSeen: row.records_seen,
    recordsAccepted: row.records_accepted,
    recordsRejected: row.records_rejected,
  };
}
