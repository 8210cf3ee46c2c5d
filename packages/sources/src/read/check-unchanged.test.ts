import { hash } from 'node:crypto';
import { mkdtemp, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { PlannedInput } from '@millrace/shared/core/plan';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { statInput } from '../discover/open-input.ts';
import { requirePlanned, requireUnchanged } from './check-unchanged.ts';

const CONTENT = '{"id":1}\n';
let folder: string;
let file: string;
let input: PlannedInput;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-unchanged-')));
  file = path.join(folder, 'a.json');
  await writeFile(file, CONTENT);
  input = {
    source: 'events',
    path: file,
    name: 'a.json',
    ...(await statInput(file)),
    sha256: hash('sha256', CONTENT),
    hashedAt: new Date().toISOString(),
    inUse: false,
    compression: 'none',
    layout: { kind: 'json', shape: 'lines' },
  };
});
afterEach(() => rm(folder, { recursive: true }));

const rewrite = async (content: string) => {
  const { atime, mtime } = await stat(file);
  await rm(file);
  await writeFile(file, content);
  await utimes(file, atime, mtime);
};

describe('a planned file', () => {
  it('is read as it is', async () => {
    await requirePlanned(input);
    await requireUnchanged(input);
  });

  it('is another one with the same size and the time set back', async () => {
    await rewrite('{"id":2}\n');
    await expect(requirePlanned(input)).rejects.toMatchObject({ code: 'source_changed', where: file });
    await expect(requireUnchanged(input)).rejects.toMatchObject({ code: 'source_changed' });
  });

  it('is the same with other times and another inode, as through another mount, when its content is', async () => {
    await rewrite(CONTENT);
    await requirePlanned(input);
    await requireUnchanged(input);
  });

  it('is not the same when it is written while it is read, even with what it held', async () => {
    await requirePlanned(input);
    await rewrite(CONTENT);
    await expect(requireUnchanged(input)).rejects.toMatchObject({ code: 'source_changed' });
  });
});
