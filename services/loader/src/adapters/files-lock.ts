import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { fail } from '@millrace/shared/core/errors';
import { isBusy } from '@millrace/shared/adapters/destination-sqlite-error';
import Database from 'better-sqlite3';

const LOCK_FILE = '.publishing.lock';
const RETRY_EVERY_MS = 50;
const LOCK_WAIT_MS = 30_000;

/**
 * Does something that no other loader does at the same time in this destination of files. The lock is that of an
 * empty SQLite database: the operating system lets go of it with the process that held it, so nobody has to judge
 * whether a lock is stale, and a loader that was stopped in the middle still holds it.
 */
export async function whilePublishingAlone<T>(
  root: string,
  signal: AbortSignal,
  action: () => Promise<T>,
): Promise<T> {
  const file = path.join(root, LOCK_FILE);
  const db = new Database(file, { timeout: 0 });
  try {
    const deadline = performance.now() + LOCK_WAIT_MS;
    while (!takeLock(db)) {
      if (performance.now() >= deadline) {
        throw fail('destination_unavailable', {
          message: 'Another loader has been publishing in the destination for long.',
          where: file,
          hint: 'It is tried again. If it does not end, look for a loader process that hangs.',
        });
      }
      await setTimeout(RETRY_EVERY_MS, undefined, { signal });
    }
    return await action();
  } finally {
    db.close();
  }
}

function takeLock(db: Database.Database): boolean {
  try {
    db.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}
