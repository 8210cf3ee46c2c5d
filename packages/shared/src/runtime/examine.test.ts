import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { CODE_VERSION } from './version.ts';

import { checkFolder, checkNode, judgeRedis, judgeWorkers } from './examine.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-doctor-'));
});

afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

test('an old Node is named with the oldest that works', () => {
  expect(checkNode('20.19.0').status).toBe('ok');
  expect(checkNode('22.1.0').status).toBe('ok');
  expect(checkNode('20.18.9')).toMatchObject({ status: 'fail', hint: 'Install Node 20.19 or newer.' });
});

test('a folder that can be written is fine, also one that is yet to be made, and nothing stays in it', async () => {
  expect((await checkFolder('bucket', folder, '')).status).not.toBe('fail');
  expect((await checkFolder('bucket', path.join(folder, 'a', 'b'), '')).status).not.toBe('fail');
  expect(await readdir(folder)).toEqual([]);
});

test('a place where no folder can be made is found', async () => {
  expect(await checkFolder('bucket', '/proc/none', 'Elsewhere.')).toMatchObject({
    status: 'fail',
    hint: 'Elsewhere.',
  });
});

const fit = { version: '7.0.15', maxmemoryPolicy: 'noeviction', appendOnly: true };

test('a Redis that could lose jobs is refused, one that forgets at a restart is warned about', () => {
  expect(judgeRedis('redis://h:6379', fit).status).toBe('ok');
  expect(judgeRedis('redis://h:6379', { ...fit, maxmemoryPolicy: 'allkeys-lru' }).status).toBe('fail');
  expect(judgeRedis('redis://h:6379', { ...fit, appendOnly: false }).status).toBe('warn');
  expect(judgeRedis('redis://:secret@h:6379', fit).detail).not.toContain('secret');
});

function worker(stage: 'extract' | 'transform' | 'load', version = CODE_VERSION) {
  const at = '2026-11-22T06:00:00Z';
  return {
    id: stage,
    stage,
    pid: 1,
    host: 'h',
    version,
    startedAt: at,
    seenAt: at,
    rssBytes: 1,
    healthUrl: '',
    task: null,
    heldUp: null,
  };
}

test('a stage without a worker, and a worker of another version, are warned about', () => {
  const all = [worker('extract'), worker('transform'), worker('load')];
  expect(judgeWorkers(all)).toMatchObject({ status: 'ok', detail: '1 extract, 1 transform, 1 load' });
  expect(judgeWorkers(all.slice(1))).toMatchObject({ status: 'warn', detail: 'none for extract' });
  expect(judgeWorkers([...all, worker('load', '0.0.1')])).toMatchObject({ status: 'warn' });
});
