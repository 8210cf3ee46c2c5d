import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { groupDataFiles, subjectOf } from './data-files.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-files-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(...names: readonly string[]): Promise<string[]> {
  const files = names.map((name) => path.join(folder, name));
  for (const file of files) await writeFile(file, '{"a": 1}\n');
  return files;
}

test('files whose names differ in numbers only are one group with a glob', async () => {
  const files = await write('orders-0001.json.gz', 'orders-0002.json.gz', 'customers.csv');
  expect(await groupDataFiles(files)).toEqual([
    { type: 'json', path: path.join(folder, 'orders-*.json.gz'), files: files.slice(0, 2) },
    { type: 'csv', path: files[2], files: files.slice(2) },
  ]);
});

test('a folder stands for the data files in it', async () => {
  await write('a.sqlite', 'b.ndjson', 'notes.md');
  expect((await groupDataFiles([folder])).map(({ type }) => type)).toEqual(['sqlite', 'json']);
});

test('a file without a telling name is known by how it begins', async () => {
  const [file = ''] = await write('export');
  expect((await groupDataFiles([file]))[0]?.type).toBe('json');
});

test('what is not there, or not data, is refused with its name', async () => {
  await expect(groupDataFiles([path.join(folder, 'absent.csv')])).rejects.toMatchObject({
    code: 'input_not_found',
  });
  const odd = path.join(folder, 'picture');
  await writeFile(odd, 'GIF89a');
  await expect(groupDataFiles([odd])).rejects.toMatchObject({ code: 'usage', where: odd });
});

test('the subject of a file is its name without what varies', () => {
  expect(subjectOf('/data/orders-*.json.gz')).toBe('orders-*');
  expect(subjectOf('/data/shop.db')).toBe('shop');
});
