import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readConfig } from './config.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-password-'));
  file = path.join(folder, 'redis-password');
});
afterEach(() => rm(folder, { recursive: true }));

const read = (REDIS_URL?: string) =>
  readConfig({ REDIS_PASSWORD_FILE: file, ...(REDIS_URL === undefined ? {} : { REDIS_URL }) }).redisUrl;

describe('a password of Redis in a file', () => {
  it.each(['secret', 'secret\n', 'secret\r\n'])(
    'is taken from %j without the end of its line',
    async (content) => {
      await writeFile(file, content);
      expect(read('redis://redis:6379')).toBe('redis://:secret@redis:6379');
    },
  );

  it('is refused beside another one, without a URL, and when the file is empty or missing', async () => {
    expect(() => read('redis://redis:6379')).toThrow('ENOENT');
    await writeFile(file, '\n');
    expect(() => read('redis://redis:6379')).toThrow('the file is empty');
    await writeFile(file, 'secret');
    expect(() => read()).toThrow('no use without REDIS_URL');
    const twice = () => read('redis://:other@redis:6379');
    expect(twice).toThrow('REDIS_URL has a password already');
    for (const password of ['secret', 'other']) expect(twice).not.toThrow(password);
  });
});
