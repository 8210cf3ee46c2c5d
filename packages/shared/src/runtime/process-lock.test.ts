import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { tryProcessLock } from './process-lock.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-lock-'));
  file = path.join(folder, 'a.lock');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('one holder at a time, in the same process too', () => {
  const first = tryProcessLock(file);
  expect(first).not.toBeNull();
  expect(tryProcessLock(file)).toBeNull();
  first?.release();
  const second = tryProcessLock(file);
  expect(second).not.toBeNull();
  second?.release();
});

test('a holder that is killed leaves the lock free', async () => {
  const source = `
    import Database from 'better-sqlite3';
    const database = new Database(process.argv[1]);
    database.exec('BEGIN EXCLUSIVE');
    console.log('held');
    setInterval(() => database, 1000);
  `;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', source, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(tryProcessLock(file)).toBeNull();

  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = tryProcessLock(file);
  expect(lock).not.toBeNull();
  lock?.release();
});
