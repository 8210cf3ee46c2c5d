import { accessSync, closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';

import Database from 'better-sqlite3';

import { fail, isMillraceError, type ErrorCode, type MillraceError } from '../core/errors.ts';
import { hasErrno } from './durable-file.ts';

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
  if (error.code.startsWith('SQLITE_CANTOPEN')) return explainOpening(error, path);
  if (error.code.startsWith('SQLITE_READONLY') && mayBeWritten(path)) return wasReadOnly(error, path);
  const diskFailure = error.code.startsWith('SQLITE_CORRUPT') ? failureOfDisk(path) : null;
  const code = diskFailure === null ? error.code : 'SQLITE_IOERR';
  const known = Object.entries(EXPLANATIONS).find(([begin]) => code.startsWith(begin))?.[1];
  const explanation = known ?? {
    code: 'destination_unavailable',
    what: 'refused a statement',
    hint: 'Nothing was published. If it happens again, please report it with the log of the loader.',
  };
  return fail(explanation.code, {
    message: `The destination ${explanation.what}: ${error.message} (${error.code}${diskFailure === null ? '' : `; ${diskFailure}`}).`,
    where: path,
    hint: explanation.hint,
    cause: error,
  });
}

/**
 * SQLite says that a database is damaged also when the disk failed to give a page of it, which may pass. To look through all of
 * it takes its time, but the other answer ends a run and sends a person for a backup.
 * @returns what the disk says, or that it has passed; null for a database that is damaged
 */
function failureOfDisk(file: string): string | null {
  try {
    readThrough(file);
  } catch (error) {
    return hasErrno(error, 'ENOENT') ? null : error instanceof Error ? error.message : String(error);
  }
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    try {
      const isSound = db.pragma('quick_check(1)', { simple: true }) === 'ok';
      return isSound
        ? 'it is sound now that all of it was read again, so this was an I/O error that has passed'
        : null;
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}

const READ_AT_ONCE_BYTES = 1024 * 1024;

/** Throws when the disk cannot give all of it. Reads as SQLite does, at positions. */
function readThrough(file: string): void {
  const buffer = Buffer.allocUnsafe(READ_AT_ONCE_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    for (let at = 0, read = -1; read !== 0; at += read)
      read = readSync(descriptor, buffer, 0, buffer.length, at);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * SQLite opens a file for reading when it cannot open it for writing, does not say why, and only finds out when it writes. A person is
 * needed only for what still holds.
 */
function wasReadOnly(error: Error & { readonly code: string }, path: string): MillraceError {
  return fail('destination_unavailable', {
    message: `The destination could be opened only for reading: ${error.message} (${error.code}). It can be opened for writing now, so that was an I/O error or a limit that has passed.`,
    where: path,
    hint: 'Nothing was published; the load is tried again. If it happens again, look at the disk and the system log.',
    cause: error,
  });
}

/** SQLite also creates files beside it. */
function mayBeWritten(file: string): boolean {
  try {
    closeSync(openSync(file, 'r+'));
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    return hasErrno(error, ...MAY_PASS);
  }
}

/** SQLite does not tell why a file could not be opened, so the system is asked: a full disk is waited for, a folder is not. */
function explainOpening(error: Error & { readonly code: string }, path: string): MillraceError {
  const reason = whyNotOpened(path);
  const needsPerson = reason !== null && !hasErrno(reason, ...MAY_PASS);
  return fail(needsPerson ? 'destination_unusable' : 'destination_unavailable', {
    message: `The destination cannot be opened: ${error.message} (${error.code}${reason === null ? '' : `: ${reason.message}`}).`,
    where: path,
    hint: 'Check that the path is a file in a folder that this user can write, and that its disk is mounted and has space and inodes left.',
    cause: error,
  });
}

/** Errors of opening that pass by themselves, or with what fills a disk or a process. */
const MAY_PASS = ['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EINTR', 'ESTALE', 'ETIMEDOUT'];

/** Null when nothing speaks against opening it, or creating it: then it was something that has passed, or a file beside it. */
function whyNotOpened(file: string): Error | null {
  try {
    if (existsSync(file)) closeSync(openSync(file, 'r+'));
    else accessSync(dirname(file), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
