import { fail } from '@millrace/shared/core/errors';
import { LEDGER_ADDITIONS, LEDGER_DDL, LEDGER_VERSION } from '@millrace/shared/core/ledger-schema';
import { nativeCursor } from '@millrace/shared/core/cursor';
import type { InputRecord, RunRecord } from '@millrace/shared/core/run-record';
import type { Watermark } from '@millrace/shared/core/watermark';
import type { Database } from 'better-sqlite3';

import { destinationTime, isoTime } from '@millrace/shared/core/destination-time';

/** A run's row in the ledger: what its load had published. */
export interface LedgerEntry {
  /** ISO UTC. */
  readonly publishedAt: string;
  /** Rows of the run in each table. */
  readonly tables: Readonly<Record<string, number>>;
}

/**
 * Creates millrace's own tables where they are missing. Needs an open write transaction. Throws `ledger_too_new`
 * when a newer version of millrace has written here: what it means by its tables is not known to this code.
 */
export function prepareLedger(db: Database, file: string): void {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_millrace_meta'").get() !== undefined;
  if (exists) {
    const version = Number(
      db.prepare("SELECT value FROM _millrace_meta WHERE key = 'schema_version'").pluck().get(),
    );
    if (version > LEDGER_VERSION) {
      throw fail('ledger_too_new', {
        message: `The destination has millrace tables of version ${version}, this process knows version ${LEDGER_VERSION}.`,
        where: file,
        hint: 'Upgrade millrace on this machine.',
      });
    }
  }
  for (const statement of LEDGER_DDL) db.exec(statement);
  for (const { table, column, type } of LEDGER_ADDITIONS) {
    const found = db.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?').get(table, column);
    if (found === undefined) db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
  }
}

export function findLoad(db: Database, run: string): LedgerEntry | null {
  const publishedAt = db
    .prepare<[string], string>('SELECT published_at FROM _millrace_loads WHERE run_id = ?')
    .pluck()
    .get(run);
  if (publishedAt === undefined) return null;
  const rows = db
    .prepare<[string], { table_name: string; rows: number }>(
      'SELECT table_name, rows FROM _millrace_load_tables WHERE run_id = ?',
    )
    .all(run);
  return {
    publishedAt: isoTime(publishedAt),
    tables: Object.fromEntries(rows.map((row) => [row.table_name, row.rows])),
  };
}

/** The published replays of a run. */
export function findReplays(db: Database, root: string): string[] {
  return db
    .prepare<[string], string>('SELECT run_id FROM _millrace_loads WHERE replay_of = ? ORDER BY load_seq')
    .pluck()
    .all(root);
}

/** The ledger row: with the commit of this transaction the run is published. */
export function recordLoad(
  db: Database,
  load: { record: RunRecord; planSha256: string; tables: Readonly<Record<string, number>> },
): void {
  const { run, pipeline, endedAt, codeVersion, replayOf } = load.record;
  db.prepare(
    `INSERT INTO _millrace_loads (run_id, pipeline, published_at, code_version, plan_sha256, replay_of)
     VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(run, pipeline, destinationTime(endedAt), codeVersion, load.planSha256, replayOf);
  const insert = db.prepare('INSERT INTO _millrace_load_tables (run_id, table_name, rows) VALUES (?, ?, ?)');
  for (const [table, rows] of Object.entries(load.tables)) insert.run(run, table, rows);
}

/**
 * Writes or replaces the run's row and its inputs, however it ended. A run that is published or cancelled stays so:
 * a failure that arrives late changes nothing.
 * @returns whether it was written
 */
export function recordRun(db: Database, record: RunRecord, inputs: readonly InputRecord[]): boolean {
  const { changes } = db
    .prepare(
      `INSERT INTO _millrace_runs (run_id, pipeline, status, "trigger", requested_at, started_at, ended_at,
         duration_ms, records_seen, records_rejected, rows_loaded, error_code, error_message, code_version, bundle,
         replay_of, retries)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run_id) DO UPDATE SET
         status = excluded.status, started_at = excluded.started_at, ended_at = excluded.ended_at, duration_ms = excluded.duration_ms,
         records_seen = excluded.records_seen, records_rejected = excluded.records_rejected,
         rows_loaded = excluded.rows_loaded, error_code = excluded.error_code,
         error_message = excluded.error_message, code_version = excluded.code_version,
         retries = excluded.retries
       WHERE _millrace_runs.status NOT IN ('published', 'cancelled')`,
    )
    .run(
      record.run,
      record.pipeline,
      record.status,
      record.trigger,
      destinationTime(record.requestedAt),
      destinationTime(record.startedAt),
      destinationTime(record.endedAt),
      record.durationMs,
      record.recordsSeen,
      record.recordsRejected,
      record.rowsLoaded,
      record.error?.code ?? null,
      record.error?.message ?? null,
      record.codeVersion,
      record.bundle,
      record.replayOf,
      record.retries,
    );
  if (changes === 0) return false;
  recordInputs(db, record.run, inputs);
  return true;
}

function recordInputs(db: Database, run: string, inputs: readonly InputRecord[]): void {
  db.prepare('DELETE FROM _millrace_inputs WHERE run_id = ?').run(run);
  const insert = db.prepare(
    `INSERT INTO _millrace_inputs (run_id, source, path, size_bytes, modified_at, sha256,
       records_seen, records_accepted, records_rejected)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const input of inputs) {
    insert.run(
      run,
      input.source,
      input.path,
      input.sizeBytes,
      destinationTime(input.modifiedAt),
      input.sha256,
      input.recordsSeen,
      input.recordsAccepted,
      input.recordsRejected,
    );
  }
}

/** Only what differs from before is written: `run_id` is the run that moved a watermark. */
export function recordWatermarks(
  db: Database,
  { pipeline, run }: { pipeline: string; run: string },
  watermarks: readonly Watermark[],
): void {
  const write = db.prepare(
    `INSERT INTO _millrace_watermarks (pipeline, source, table_name, file, cursor_column, value, run_id)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (pipeline, source, table_name, file) DO UPDATE SET
       cursor_column = excluded.cursor_column, value = excluded.value, run_id = excluded.run_id
     WHERE cursor_column <> excluded.cursor_column OR value <> excluded.value`,
  );
  for (const { source, table, file, column, value } of watermarks) {
    write.run(pipeline, source, table, file, column, nativeCursor(value), run);
  }
}
