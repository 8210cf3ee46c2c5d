import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { describeLocation, findRedis } from './redis-find.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-find-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, mode = 0o755): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, mode);
  return file;
}

describe('findRedis', () => {
  test('prefers REDIS_URL to a server on the PATH', async () => {
    await program('redis-server');
    const env = { REDIS_URL: 'redis://elsewhere:6380', PATH: folder };
    expect(await findRedis(env, folder)).toEqual({ source: 'env', url: 'redis://elsewhere:6380' });
  });

  test.each(['rediss://user:secret@host:6380/2', 'unix:///var/run/redis.sock'])('accepts %s', async (url) => {
    expect(await findRedis({ REDIS_URL: url }, folder)).toEqual({ source: 'env', url });
  });

  test.each(['localhost:6379', 'http://user:secret@host', 'redis://'])('refuses %s', async (url) => {
    const refused = findRedis({ REDIS_URL: url }, folder);
    await expect(refused).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(refused).rejects.not.toThrow('secret');
  });

  test('finds redis-server before valkey-server', async () => {
    await program('valkey-server');
    const command = await program('redis-server');
    const found = await findRedis({ PATH: `/nowhere:${folder}` }, folder);
    expect(found).toEqual({ source: 'path', command, libraryPath: '' });
  });

  test('finds valkey-server alone', async () => {
    const command = await program('valkey-server');
    expect(await findRedis({ PATH: folder }, folder)).toMatchObject({ source: 'path', command });
  });

  test('passes over a file that cannot be executed and over relative folders', async () => {
    await program('redis-server', 0o644);
    const relative = path.relative(process.cwd(), folder);
    expect(await findRedis({ PATH: `${folder}:${relative}:` }, folder)).toBeNull();
  });
});

test('a location is described without its password', () => {
  const text = describeLocation({ source: 'env', url: 'rediss://reader:secret@host:6380' });
  expect(text).toBe('REDIS_URL (rediss://reader:***@host:6380)');
});
