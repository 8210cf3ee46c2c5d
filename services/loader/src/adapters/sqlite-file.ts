import path from 'node:path';

import { fail } from '@millrace/shared/core/errors';
import Database from 'better-sqlite3';

import { ensureFolder } from './destination-folder.ts';
import { isBusy } from '@millrace/shared/adapters/destination-sqlite-error';

/** Enough for the inner nodes of the indexes of a large table. */
const CACHE_KIB = 64 * 1024;
/** SQLite waits this long inside of one call, during which the caller cannot be told to stop. */
const BUSY_SLICE_MS = 250;

export interface LockWait {
  /** How long to wait for another process to release its lock. */
  readonly lockWaitMs: number;
  /** Called about four times a second while waiting; throws to end it. */
  readonly throwIfStopped: () => void;
  /** Called as often: the one who waits may say so. */
  readonly onBlocked?: () => void;
}

/**
 * Opens the database for writing and creates it, and its folder, when they are missing. What a COMMIT has
 * acknowledged survives a power cut: that is WAL with `synchronous=FULL`, and it is read back, not believed.
 */
export async function openSqliteFile(file: string, wait: LockWait): Promise<Database.Database> {
  await ensureFolder(path.dirname(file));
  const db = new Database(file, { timeout: BUSY_SLICE_MS });
  try {
    const journal = retryWhileLocked(wait, () => db.pragma('journal_mode = WAL', { simple: true }));
    db.pragma('synchronous = FULL');
    const synchronous = db.pragma('synchronous', { simple: true });
    if (journal !== 'wal' || synchronous !== 2) {
      throw fail('destination_unusable', {
        message: `The destination cannot be written safely: journal_mode is ${String(journal)} and synchronous ${String(synchronous)}, not wal and 2.`,
        where: file,
        hint: 'Keep it on a local disk: network file systems lack what WAL needs.',
      });
    }
    db.pragma(`cache_size = -${CACHE_KIB}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Takes the one write lock of the database. Until COMMIT or ROLLBACK no other process can publish. */
export function beginImmediate(db: Database.Database, wait: LockWait): void {
  retryWhileLocked(wait, () => db.exec('BEGIN IMMEDIATE'));
}

function retryWhileLocked<T>(wait: LockWait, action: () => T): T {
  const deadline = performance.now() + wait.lockWaitMs;
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      wait.throwIfStopped();
      wait.onBlocked?.();
    }
  }
}
