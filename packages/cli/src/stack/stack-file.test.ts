import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { findStack, isStackAlive, lockStack, removeStackFile, writeStackFile } from './stack-file.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'millrace-stack-'));
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

const record = {
  pid: 1,
  redisUrl: 'unix:///tmp/x.sock',
  startedAt: '2026-11-22T06:00:00Z',
  dashboardUrl: null,
  lifetime: 'up',
} as const;

test('a stack is found by its home while it has the lock', async () => {
  const lock = await lockStack(home);
  await writeStackFile(home, record);
  expect(await findStack(home)).toEqual(record);
  lock?.release();
});

test('a second stack of the same home is refused', async () => {
  const lock = await lockStack(home);
  expect(await lockStack(home)).toBeNull();
  lock?.release();
});

test('the file of a stack that was killed is not believed', async () => {
  const lock = await lockStack(home);
  await writeStackFile(home, record);
  lock?.release();
  expect(isStackAlive(home)).toBe(false);
  expect(await findStack(home)).toBeNull();
});

test('one who asks while a stack starts gets it when it is ready', async () => {
  const lock = await lockStack(home);
  const found = findStack(home);
  await writeStackFile(home, record);
  expect(await found).toEqual(record);
  await removeStackFile(home);
  lock?.release();
});

test('a folder without a stack has none, and nothing is made in it by asking', async () => {
  await writeFile(path.join(home, 'other'), '');
  expect(await findStack(path.join(home, 'absent'))).toBeNull();
});
