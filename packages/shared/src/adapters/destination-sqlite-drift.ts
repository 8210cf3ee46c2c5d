import type Database from 'better-sqlite3';

import type { ContractRecord } from '../core/contract-record.ts';
import { isoTime } from '../core/destination-time.ts';
import type { DriftRecord } from '../core/drift-record.ts';

interface DriftRow {
  table_name: string;
  change: DriftRecord['kind'];
  column_name: string;
  path: string;
  declared_type: string | null;
  found_type: string | null;
  mode: DriftRecord['mode'];
  rows: number | null;
  sampled_rows: number | null;
  values_left_out: number;
  example: string | null;
}

/** How the data of a run differed from what was declared. */
export function readDrift(db: Database.Database, run: string): DriftRecord[] {
  if (!hasTable(db, '_millrace_drift')) return [];
  return db
    .prepare<[string], DriftRow>('SELECT * FROM _millrace_drift WHERE run_id = ?')
    .all(run)
    .map((row) => ({
      ...differenceOf(row),
      rows: row.rows,
      sampledRows: row.sampled_rows,
      values: row.values_left_out,
    }));
}

interface ContractRow extends DriftRow {
  record_id: string;
  pipeline: string;
  action: ContractRecord['action'];
  recorded_at: string;
  recorded_by: string;
}

/** What people did with the contracts of a pipeline, the oldest first. */
export function readContracts(db: Database.Database, pipeline: string): ContractRecord[] {
  if (!hasTable(db, '_millrace_contracts')) return [];
  const rows = db
    .prepare<[string], ContractRow>('SELECT * FROM _millrace_contracts WHERE pipeline = ? ORDER BY record_id')
    .all(pipeline);
  const records = rows.map(({ record_id: id, action, recorded_by: by, recorded_at: at, ...row }) => {
    const difference = { ...differenceOf(row), rows: row.rows ?? 0, sampledRows: row.sampled_rows ?? 0 };
    return { id, pipeline, action, by, recordedAt: isoTime(at), drift: [difference] };
  });
  return joinRecords(records);
}

/** A record has a row for each difference. */
function joinRecords(rows: readonly ContractRecord[]): ContractRecord[] {
  const records = new Map<string, ContractRecord>();
  for (const row of rows) {
    const before = records.get(row.id);
    records.set(row.id, { ...row, drift: [...(before?.drift ?? []), ...row.drift] });
  }
  return [...records.values()];
}

function differenceOf(row: Omit<DriftRow, 'rows' | 'sampled_rows' | 'values_left_out'>) {
  return {
    table: row.table_name,
    kind: row.change,
    column: row.column_name,
    path: row.path,
    declared: row.declared_type,
    found: row.found_type,
    mode: row.mode,
    example: row.example,
  };
}

/** A database may have been written last before there was such a table. */
function hasTable(db: Database.Database, name: string): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(name) !== undefined;
}
