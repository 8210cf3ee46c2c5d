import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { fail } from '../core/errors.ts';
import { explainSqliteError, isBusy } from './destination-sqlite-error.ts';

test.each([
  ['SQLITE_FULL', 'destination_unavailable', 'does not fit on its disk'],
  ['SQLITE_IOERR_WRITE', 'destination_unavailable', 'could not be read or written'],
  ['SQLITE_READONLY_DIRECTORY', 'destination_unusable', 'may not be written'],
  ['SQLITE_BUSY_SNAPSHOT', 'destination_unavailable', 'is locked by another process'],
  ['SQLITE_CORRUPT', 'destination_unusable', 'is damaged'],
  ['SQLITE_NOTADB', 'destination_conflict', 'is not a SQLite database'],
  ['SQLITE_CONSTRAINT_CHECK', 'destination_conflict', 'refuses a row'],
  ['SQLITE_TOOBIG', 'value_not_storable', 'larger than SQLite allows'],
  ['SQLITE_INTERNAL', 'destination_unavailable', 'refused a statement'],
])('%s is said with path, cause and what to do', (code, expected, what) => {
  const explained = explainSqliteError(new Database.SqliteError('the cause', code), '/data/final.db');
  expect(explained).toMatchObject({
    code: expected,
    where: '/data/final.db',
    hint: expect.any(String) as string,
  });
  expect(String(explained)).toContain(what);
  expect(String(explained)).toContain(`the cause (${code})`);
});

test('a database that is sound when it is looked through was not damaged: its disk failed, which may pass', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-sound-'));
  try {
    const file = path.join(folder, 'final.db');
    new Database(file).exec('CREATE TABLE t (x)').close();
    const malformed = new Database.SqliteError('database disk image is malformed', 'SQLITE_CORRUPT');
    expect(explainSqliteError(malformed, file)).toMatchObject({ code: 'destination_unavailable' });
    await writeFile(file, (await readFile(file)).fill(0xff, 4096));
    expect(explainSqliteError(malformed, file)).toMatchObject({ code: 'destination_unusable' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a database that was opened for reading only is tried again if it may be written now', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-readonly-'));
  try {
    const file = path.join(folder, 'final.db');
    new Database(file).exec('CREATE TABLE t (x)').close();
    const readonly = new Database.SqliteError('attempt to write a readonly database', 'SQLITE_READONLY');
    expect(explainSqliteError(readonly, file)).toMatchObject({ code: 'destination_unavailable' });
    // Not by its mode: nothing is denied to root.
    expect(explainSqliteError(readonly, path.join(folder, 'final.db', 'x'))).toMatchObject({
      code: 'destination_unusable',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ['a folder that is not there', '/nowhere/final.db', 'destination_unusable', 'ENOENT'],
  ['a folder in its place', tmpdir(), 'destination_unusable', 'EISDIR'],
  [
    'what has passed, or a file beside it',
    import.meta.filename,
    'destination_unavailable',
    '(SQLITE_CANTOPEN)',
  ],
  [
    'a file that could be created',
    path.join(tmpdir(), 'none.db'),
    'destination_unavailable',
    '(SQLITE_CANTOPEN)',
  ],
])('of a file that could not be opened the cause is found: %s', (_, file, code, cause) => {
  const explained = explainSqliteError(new Database.SqliteError('no', 'SQLITE_CANTOPEN'), file);
  expect(explained).toMatchObject({
    code,
    where: file,
    message: expect.stringContaining(cause) as string,
  });
});

test('errors of others pass unchanged', () => {
  for (const error of [new Error('x'), fail('internal', { message: 'x' })]) {
    expect(explainSqliteError(error, '/data/final.db')).toBe(error);
  }
});

test('only a lock is worth waiting for', () => {
  expect(isBusy(new Database.SqliteError('', 'SQLITE_BUSY_RECOVERY'))).toBe(true);
  expect(isBusy(new Database.SqliteError('', 'SQLITE_FULL'))).toBe(false);
});
