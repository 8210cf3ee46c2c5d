import { fail, isMillraceError, type ErrorCode } from '../core/errors.ts';
import Database from 'better-sqlite3';

interface Explanation {
  readonly code: ErrorCode;
  /** Completes "The destination <path> …". */
  readonly what: string;
  readonly hint: string;
}

/** By SQLite's result codes; extended codes (`SQLITE_IOERR_WRITE`) are found by their beginning. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  SQLITE_BUSY: {
    code: 'destination_unavailable',
    what: 'is locked by another process, which did not finish in time',
    hint: 'Close what else writes to it: another load, or a tool with an open transaction. The load is then tried again.',
  },
  SQLITE_CANTOPEN: {
    code: 'destination_unusable',
    what: 'cannot be opened',
    hint: 'Check that the path is a file in a folder that this user can write, and that the disk is mounted.',
  },
  SQLITE_READONLY: {
    code: 'destination_unusable',
    what: 'may not be written',
    hint: 'Give this user the right to write the file and its folder.',
  },
  SQLITE_PERM: {
    code: 'destination_unusable',
    what: 'may not be written',
    hint: 'Give this user the right to write the file and its folder.',
  },
  SQLITE_FULL: {
    code: 'destination_unavailable',
    what: 'does not fit on its disk',
    hint: 'Free some space. Nothing was published; the load is then tried again.',
  },
  SQLITE_IOERR: {
    code: 'destination_unavailable',
    what: 'could not be read or written',
    hint: 'Look at the disk and the system log. What was not committed is not in it.',
  },
  SQLITE_CORRUPT: {
    code: 'destination_unusable',
    what: 'is damaged',
    hint: 'Run `PRAGMA integrity_check` on it, then restore it from a backup or move it away and run the pipeline again.',
  },
  SQLITE_NOTADB: {
    code: 'destination_conflict',
    what: 'is not a SQLite database',
    hint: 'Give the destination another path, or move that file away.',
  },
  SQLITE_TOOBIG: {
    code: 'value_not_storable',
    what: 'cannot take a value, which is larger than SQLite allows (1 000 000 000 bytes)',
    hint: 'Make the value smaller in the model.',
  },
  SQLITE_CONSTRAINT: {
    code: 'destination_conflict',
    what: 'has a constraint or trigger of its own that refuses a row',
    hint: 'Remove what was added to the table, or change the model so that its rows satisfy it.',
  },
};

/** An error of SQLite as a sentence with path, cause and what to do; other errors pass unchanged. */
export function explainSqliteError(error: unknown, path: string): unknown {
  if (isMillraceError(error) || !(error instanceof Database.SqliteError)) return error;
  const known = Object.entries(EXPLANATIONS).find(([code]) => error.code.startsWith(code))?.[1];
  const explanation = known ?? {
    code: 'destination_unavailable',
    what: 'refused a statement',
    hint: 'Nothing was published. If it happens again, please report it with the log of the loader.',
  };
  return fail(explanation.code, {
    message: `The destination ${explanation.what}: ${error.message} (${error.code}).`,
    where: path,
    hint: explanation.hint,
    cause: error,
  });
}

export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
