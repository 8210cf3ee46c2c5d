import { closeSync, openSync, readSync, statSync } from 'node:fs';

import { fail } from '@millrace/shared/core/errors';
import Database from 'better-sqlite3';

import { describeBeginning } from '../file-beginning.ts';
import { ask, damaged, fileError } from './sqlite-error.ts';

export type SourceDatabase = Database.Database;

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/**
 * Opens a database that somebody else made, such that reading it can neither write nor run what is hidden in it:
 * functions in its views and triggers are not trusted, page contents are checked before they are used, and pages
 * are read rather than mapped, so that a file cut off while it is read is an error and not a signal.
 *
 * All that is read belongs to one transaction and is one snapshot, even while the file is written to.
 */
export function openHardened(path: string, fileName: string): SourceDatabase {
  checkMagic(path, fileName);
  let db: SourceDatabase | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('mmap_size = 0');
    db.pragma('query_only = ON');
    db.defaultSafeIntegers(true);
    db.exec('BEGIN');
    // The first look at the schema: here SQLite finds out whether it can make sense of the file at all.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    checkWholePages(db, path, fileName);
    return db;
  } catch (error) {
    db?.close();
    throw (
      fileError(error, fileName) ??
      damaged(error instanceof Error ? error.message : String(error), fileName, error)
    );
  }
}

/**
 * Looks for damage in the whole file. That costs a pass over it, so it is done once, at planning: a reading task
 * does not repeat it, because damage that comes later is met when a page is read, and fails the task as well.
 */
export function checkDatabase(db: SourceDatabase, fileName: string): void {
  const found = ask('the whole file', fileName, () => db.prepare('PRAGMA quick_check(1)').pluck().get());
  if (found !== 'ok') throw damaged(String(found).replaceAll(/\s*\n\s*/g, ' '), fileName);
}

/**
 * SQLite takes what is missing of the last page for zeros, which may lie in the middle of a value, and its checks
 * find nothing wrong. To be called within a transaction: before, a journal may have had to be rolled back.
 */
function checkWholePages(db: SourceDatabase, path: string, fileName: string): void {
  const pageBytes = Number(db.pragma('page_size', { simple: true }));
  const { size } = statSync(path);
  const rest = size % pageBytes;
  if (rest === 0) return;
  throw damaged(
    `it was cut off, because its last page has ${rest} of ${pageBytes} bytes, at offset ${size - rest}`,
    fileName,
  );
}

function checkMagic(path: string, fileName: string): void {
  const head = Buffer.alloc(64);
  let length: number;
  try {
    const file = openSync(path, 'r');
    try {
      length = readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fail('source_unavailable', {
      message: `The file could not be read: ${error instanceof Error ? error.message : String(error)}.`,
      where: fileName,
      hint: 'Check that it exists and that the workers may read it.',
      cause: error,
    });
  }
  if (head.subarray(0, MAGIC.length).equals(MAGIC)) return;
  throw fail('file_format', {
    message: `The file is not a SQLite database: ${describeBeginning(head.subarray(0, length))}.`,
    where: fileName,
    hint: 'Check the path and the type of the source. An encrypted database has to be decrypted first.',
  });
}
