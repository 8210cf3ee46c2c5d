import type { ContractRecord } from '@millrace/shared/core/contract-record';
import { destinationTime } from '@millrace/shared/core/destination-time';
import type { Database } from 'better-sqlite3';

/** Writes what people did with contracts. Every run brings all that its bucket has, and each is kept once. */
export function recordContracts(db: Database, contracts: readonly ContractRecord[]): void {
  const insert = db.prepare(
    `INSERT INTO _millrace_contracts (record_id, pipeline, action, recorded_at, recorded_by, table_name, change,
       column_name, path, declared_type, found_type, mode, rows, sampled_rows, example)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  for (const { id, pipeline, action, recordedAt, by, drift } of contracts) {
    const head = [id, pipeline, action, destinationTime(recordedAt), by];
    for (const { table, kind, column, path, declared, found, mode, rows, sampledRows, example } of drift)
      insert.run(...head, table, kind, column, path, declared, found, mode, rows, sampledRows, example);
  }
}
