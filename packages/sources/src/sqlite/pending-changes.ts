import { stat } from 'node:fs/promises';

import { hasErrno } from '@millrace/shared/adapters/durable-file';

/** What SQLite keeps beside a database: pages newer than the file's own, or older ones to go back to. */
const JOURNALS = ['-wal', '-journal'];

/**
 * Whether the bytes of a database do not tell its content, because a program has it in use or was ended while it had.
 * To be asked before looking at the file itself: a journal may be written back into it at any moment.
 */
export async function hasPendingChanges(path: string): Promise<boolean> {
  for (const journal of JOURNALS) {
    try {
      const { size } = await stat(`${path}${journal}`);
      if (size > 0) return true;
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error;
    }
  }
  return false;
}
