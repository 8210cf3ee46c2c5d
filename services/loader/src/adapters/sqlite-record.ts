import type { CheckedRun } from '@millrace/shared/core/run-checks';
import type { InputRecord, RunRecord } from '@millrace/shared/core/run-record';

import { explainSqliteError } from '@millrace/shared/adapters/destination-sqlite-error';
import { recordChecks } from './sqlite-checks.ts';
import { recordContracts } from './sqlite-contracts.ts';
import { beginImmediate, openSqliteFile, type LockWait } from './sqlite-file.ts';
import { prepareLedger, recordRun } from './sqlite-ledger.ts';

/** The record of a run that ended without publishing. */
export interface RecordOrder {
  /** Path of the destination. */
  readonly path: string;
  readonly record: RunRecord;
  readonly inputs: readonly InputRecord[];
  readonly checked: CheckedRun;
}

/** Writes a run that failed or was cancelled into the history of a SQLite destination; a run that is published there stays so. */
export async function recordRunInSqlite(order: RecordOrder, wait: LockWait): Promise<void> {
  try {
    const db = await openSqliteFile(order.path, wait);
    try {
      beginImmediate(db, wait);
      prepareLedger(db, order.path);
      if (recordRun(db, order.record, order.inputs)) recordChecks(db, order.record.run, order.checked);
      recordContracts(db, order.checked.contracts);
      db.exec('COMMIT');
    } finally {
      // Rolls back when the transaction is still open.
      db.close();
    }
  } catch (error) {
    throw explainSqliteError(error, order.path);
  }
}
