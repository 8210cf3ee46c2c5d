import Database from 'better-sqlite3';

/** Held until released, or until the process ends, however it ends. */
export interface ProcessLock {
  release(): void;
}

/**
 * Takes the exclusive lock on `file` (created when missing), or returns `null` while somebody else holds it.
 *
 * SQLite takes it because Node has no call for file locks. A file that holds a process id would do instead, but
 * stays behind after SIGKILL, and whoever then removes it may remove the lock of the next owner.
 */
export function tryProcessLock(file: string): ProcessLock | null {
  const database = new Database(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return null;
    throw error;
  }
  return { release: () => database.close() };
}
