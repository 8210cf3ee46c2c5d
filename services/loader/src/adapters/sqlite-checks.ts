import type { CheckedRun } from '@millrace/shared/core/run-checks';
import type { Database } from 'better-sqlite3';

/** Writes what the checks of a run found, in place of what an earlier round of it had found. */
export function recordChecks(
  db: Database,
  run: string,
  { results, profiles, failures, drift }: CheckedRun,
): void {
  for (const table of ['_millrace_checks', '_millrace_failures', '_millrace_profiles', '_millrace_drift'])
    db.prepare(`DELETE FROM ${table} WHERE run_id = ?`).run(run);
  const insertResult = db.prepare(
    `INSERT INTO _millrace_checks (run_id, check_id, table_name, kind, severity, status, bad_rows, rows, kept_rows,
       message)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { check, table, kind, severity, status, badRows, rows, keptRows, message } of results)
    insertResult.run(run, check, table, kind, severity, status, badRows, rows, keptRows, message);
  const insertFailure = db.prepare(
    `INSERT INTO _millrace_failures (run_id, check_id, number, row_json, source_file, record_number)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  for (const { check, number, row, origin } of failures)
    insertFailure.run(run, check, number, row, origin?.file ?? null, origin?.recordNumber ?? null);
  const insertColumn = db.prepare(
    `INSERT INTO _millrace_profiles (run_id, table_name, position, column_name, column_type, rows, nulls,
       distinct_approx, min, max, mean)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { table, rows, columns } of profiles) {
    for (const [index, { name, type, nulls, distinct, min, max, mean }] of columns.entries())
      insertColumn.run(run, table, index + 1, name, type, rows, nulls, distinct, min, max, mean);
  }
  const insertDrift = db.prepare(
    `INSERT INTO _millrace_drift (run_id, table_name, change, column_name, path, declared_type, found_type, mode,
       rows, sampled_rows, values_left_out, example)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const {
    table,
    kind,
    column,
    path,
    declared,
    found,
    mode,
    rows,
    sampledRows,
    values,
    example,
  } of drift)
    insertDrift.run(
      run,
      table,
      kind,
      column,
      path,
      declared,
      found,
      mode,
      rows,
      sampledRows,
      values,
      example,
    );
}
