import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from 'vitest';

import { openSqliteFile } from './sqlite-file.ts';

const wait = { lockWaitMs: 0, throwIfStopped: () => undefined };

test('what is committed in the file is synced: WAL and synchronous=FULL', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-file-'));
  try {
    const db = await openSqliteFile(path.join(folder, 'final.db'), wait);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a database that cannot be written so is not written', async () => {
  await expect(openSqliteFile(':memory:', wait)).rejects.toMatchObject({
    code: 'destination_unusable',
    message: expect.stringContaining('journal_mode is memory') as string,
  });
});
