/**
 * The tables that millrace keeps in a SQLite destination, next to the published ones. Readers and writers of every
 * version meet here, so a change of shape takes a new version and a step from the one before.
 */
export const LEDGER_VERSION = 1;

/** Names of models must not begin with this. */
export const LEDGER_PREFIX = '_millrace_';

/** Columns that are added to appended tables: the run that a row came with, and when (UTC). */
export const RUN_COLUMN = '_run_id';
export const LOADED_AT_COLUMN = '_loaded_at';

/** The view of an appended table's newest published run, with the replays of its rejects. */
export function latestViewName(table: string): string {
  return `${table}_latest`;
}

/** Columns that tables of the same version may lack, because they are younger; null in older rows. */
export const LEDGER_ADDITIONS: readonly {
  readonly table: string;
  readonly column: string;
  readonly type: 'INTEGER' | 'TEXT';
}[] = [
  { table: '_millrace_loads', column: 'replay_of', type: 'TEXT' },
  { table: '_millrace_runs', column: 'replay_of', type: 'TEXT' },
  { table: '_millrace_runs', column: 'retries', type: 'INTEGER' },
];

/** Creates what is missing; harmless to repeat. Times are UTC text `YYYY-MM-DD HH:MM:SS[.ffffff]`. */
export const LEDGER_DDL: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _millrace_meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  )`,
  `INSERT INTO _millrace_meta VALUES ('schema_version', '${LEDGER_VERSION}') ON CONFLICT DO NOTHING`,
  // The ledger. A run is published if and only if its row is here; load_seq is the order of publishing.
  `CREATE TABLE IF NOT EXISTS _millrace_loads (
    load_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    code_version TEXT NOT NULL,
    plan_sha256 TEXT NOT NULL,
    replay_of TEXT
  )`,
  'CREATE INDEX IF NOT EXISTS _millrace_loads_pipeline ON _millrace_loads (pipeline, load_seq)',
  `CREATE TABLE IF NOT EXISTS _millrace_load_tables (
    run_id TEXT NOT NULL,
    table_name TEXT NOT NULL,
    rows INTEGER NOT NULL,
    PRIMARY KEY (run_id, table_name)
  )`,
  `CREATE TABLE IF NOT EXISTS _millrace_tables (
    table_name TEXT PRIMARY KEY COLLATE NOCASE,
    pipeline TEXT NOT NULL,
    disposition TEXT NOT NULL,
    columns TEXT NOT NULL,
    last_run_id TEXT NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS _millrace_runs (
    run_id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    status TEXT NOT NULL,
    "trigger" TEXT NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    started_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP NOT NULL,
    duration_ms INTEGER NOT NULL,
    records_seen INTEGER NOT NULL,
    records_rejected INTEGER NOT NULL,
    rows_loaded INTEGER NOT NULL,
    error_code TEXT,
    error_message TEXT,
    code_version TEXT NOT NULL,
    bundle TEXT NOT NULL,
    replay_of TEXT,
    retries INTEGER
  )`,
  `CREATE TABLE IF NOT EXISTS _millrace_inputs (
    run_id TEXT NOT NULL,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    modified_at TIMESTAMP NOT NULL,
    sha256 TEXT NOT NULL,
    records_seen INTEGER,
    records_accepted INTEGER,
    records_rejected INTEGER,
    PRIMARY KEY (run_id, source, path)
  )`,
  // Written in the transaction that writes the rows. A value is stored as the source stores it.
  `CREATE TABLE IF NOT EXISTS _millrace_watermarks (
    pipeline TEXT NOT NULL,
    source TEXT NOT NULL,
    table_name TEXT NOT NULL,
    file TEXT NOT NULL,
    cursor_column TEXT NOT NULL,
    value NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (pipeline, source, table_name, file)
  )`,
  // Of published and of failed runs. What a check found and which bad rows were kept of it.
  `CREATE TABLE IF NOT EXISTS _millrace_checks (
    run_id TEXT NOT NULL,
    check_id TEXT NOT NULL,
    table_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    status TEXT NOT NULL,
    bad_rows INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    kept_rows INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, check_id)
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS _millrace_failures (
    run_id TEXT NOT NULL,
    check_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    row_json TEXT NOT NULL,
    source_file TEXT,
    record_number INTEGER,
    PRIMARY KEY (run_id, check_id, number)
  ) WITHOUT ROWID`,
  // One row per column; `rows` are those of the table.
  `CREATE TABLE IF NOT EXISTS _millrace_profiles (
    run_id TEXT NOT NULL,
    table_name TEXT NOT NULL,
    position INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    column_type TEXT NOT NULL,
    rows INTEGER NOT NULL,
    nulls INTEGER NOT NULL,
    distinct_approx INTEGER NOT NULL,
    min TEXT,
    max TEXT,
    mean REAL,
    PRIMARY KEY (run_id, table_name, position)
  ) WITHOUT ROWID`,
  // How the data differed from the declared columns: told from sampled rows, and what contracts left out of all rows.
  `CREATE TABLE IF NOT EXISTS _millrace_drift (
    run_id TEXT NOT NULL,
    table_name TEXT NOT NULL,
    change TEXT NOT NULL,
    column_name TEXT NOT NULL,
    path TEXT NOT NULL,
    declared_type TEXT,
    found_type TEXT,
    mode TEXT NOT NULL,
    rows INTEGER,
    sampled_rows INTEGER,
    values_left_out INTEGER NOT NULL,
    example TEXT,
    PRIMARY KEY (run_id, table_name, change, path, column_name)
  ) WITHOUT ROWID`,
  // What people did with contracts, one row per difference: shown (diff), or written into pipeline.yml (accept).
  `CREATE TABLE IF NOT EXISTS _millrace_contracts (
    record_id TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    action TEXT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL,
    table_name TEXT NOT NULL,
    change TEXT NOT NULL,
    column_name TEXT NOT NULL,
    path TEXT NOT NULL,
    declared_type TEXT,
    found_type TEXT,
    mode TEXT NOT NULL,
    rows INTEGER NOT NULL,
    sampled_rows INTEGER NOT NULL,
    example TEXT,
    PRIMARY KEY (record_id, table_name, change, path, column_name)
  ) WITHOUT ROWID`,
];
