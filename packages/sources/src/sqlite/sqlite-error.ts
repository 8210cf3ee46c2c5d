import { fail, isMillraceError } from '@millrace/shared/core/errors';

const DAMAGED = /^SQLITE_(?:CORRUPT|FORMAT)/;
const UNAVAILABLE = /^SQLITE_(?:BUSY|LOCKED|CANTOPEN|IOERR|PROTOCOL|PERM|AUTH|READONLY|NOMEM|FULL)/;

/**
 * An error of SQLite about a file as one of ours, or null when SQLite says nothing about the file: then it is
 * about what was asked of it. An error that is ours already stays as it is.
 */
export function fileError(error: unknown, fileName: string): Error | null {
  if (isMillraceError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = sqliteCode(error);
  if (code === 'SQLITE_NOTADB') {
    return fail('file_format', {
      message: `The file is not a SQLite database, or it is encrypted: ${message}.`,
      where: fileName,
      hint: 'Check the path and the type of the source.',
      cause: error,
    });
  }
  if (DAMAGED.test(code)) return damaged(message, fileName, error);
  if (UNAVAILABLE.test(code)) {
    return fail('source_unavailable', {
      message: `The database could not be read: ${message} (${code}).`,
      where: fileName,
      hint: code.startsWith('SQLITE_READONLY')
        ? 'It is in WAL mode or holds an unfinished transaction; reading it then needs the right to write beside it. Give that right, or copy it with the sqlite3 command .backup.'
        : 'Check that no program holds it for long, and that the workers may read it.',
      cause: error,
    });
  }
  return null;
}

export function damaged(message: string, fileName: string, cause?: unknown): Error {
  return fail('file_unreadable', {
    message: `The database is damaged: ${message}.`,
    where: fileName,
    hint: 'Take it from a backup, or rescue what there is with the sqlite3 command .recover.',
    cause,
  });
}

/**
 * Asks SQLite something. What it then says about the file is `file_format`, `file_unreadable` or
 * `source_unavailable`; what it says about the question is `schema_mismatch`.
 * @param what to follow "SQLite cannot read "
 */
export function ask<T>(what: string, fileName: string, question: () => T): T {
  try {
    return question();
  } catch (error) {
    throw fileError(error, fileName) ?? questionError(error, what, fileName);
  }
}

function questionError(error: unknown, what: string, fileName: string): Error {
  return fail('schema_mismatch', {
    message: `SQLite cannot read ${what}: ${error instanceof Error ? error.message : String(error)}.`,
    where: fileName,
    hint: 'Try it with the sqlite3 command. A query must be one SELECT on this database.',
    cause: error,
  });
}

function sqliteCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
