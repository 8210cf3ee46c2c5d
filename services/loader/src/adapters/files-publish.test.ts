import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Disposition } from '@millrace/shared/core/pipeline';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { loadOrder, runId, SILENT, storeTable } from '../testing/load-order.ts';
import { publishFiles, type FilesOptions } from './files-publish.ts';

const APPEND: Disposition = { kind: 'append' };
const REPLACE: Disposition = { kind: 'replace' };

let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-files-'));
  root = path.join(folder, 'published');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

let stored = 0;
function sales(disposition: Disposition, ...queries: string[]) {
  return storeTable(path.join(folder, `batches-${++stored}`), 'sales', disposition, queries);
}

function options(more: Partial<FilesOptions> = {}): FilesOptions {
  const { signal } = new AbortController();
  return { ...SILENT, format: 'csv', attempt: 'a1', signal, ...more };
}

async function record(run: number) {
  const file = path.join(root, 'runs', runId(run), '_millrace.json');
  return JSON.parse(await readFile(file, 'utf8')) as { loadSeq: number; tables: Record<string, unknown>[] };
}

test('a run is a folder with its files, their hashes, and the link to the newest', async () => {
  const outcome = await publishFiles(
    loadOrder(root, 1, [await sales(APPEND, 'SELECT 1 AS id', 'SELECT 2 AS id')]),
    options({ format: 'parquet' }),
  );
  expect(outcome).toMatchObject({ tables: { sales: 2 }, already: false });
  expect(await readlink(path.join(root, 'latest'))).toBe(path.join('runs', runId(1)));
  expect((await readdir(root)).sort()).toEqual(['latest', 'runs']);
  expect((await readdir(path.join(root, 'latest'))).sort()).toEqual(['_millrace.json', 'sales.parquet']);
  const bytes = await readFile(path.join(root, 'latest', 'sales.parquet'));
  const written = await record(1);
  expect(written).toMatchObject({
    loadSeq: 1,
    record: { run: runId(1), status: 'published', rowsLoaded: 2, endedAt: outcome.publishedAt },
    inputs: [{ path: '/data/orders.json', recordsRejected: 2 }],
  });
  expect(written.tables).toEqual([
    {
      name: 'sales',
      disposition: 'append',
      file: 'sales.parquet',
      columns: [
        { name: 'id', type: 'INTEGER' },
        { name: '_run_id', type: 'VARCHAR' },
        { name: '_loaded_at', type: 'TIMESTAMP' },
      ],
      rows: 2,
      bytes: bytes.byteLength,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    },
  ]);
});

test('CSV tells null from empty text, quotes what it must and ends lines as RFC 4180 says', async () => {
  const table = await sales(
    REPLACE,
    `SELECT * FROM (VALUES (1, 'a,b', 'say "x"', NULL), (2, '', E'two\\nlines', [1, NULL]), (3, NULL, '=1+1', [])) AS v(id, "first, name", note, list)`,
  );
  await publishFiles(loadOrder(root, 1, [table]), options());
  expect(await readFile(path.join(root, 'latest', 'sales.csv'), 'utf8')).toBe(
    [
      'id,"first, name",note,list',
      '1,"a,b","say ""x""",',
      '2,"","two\nlines","[1,null]"',
      '3,,=1+1,[]',
      '',
    ].join('\r\n'),
  );
});

test('a run without rows has a file with the header only', async () => {
  const table = await sales(REPLACE, "SELECT 1 AS id, {'a': 1} AS nested WHERE false");
  await publishFiles(loadOrder(root, 1, [{ ...table, paths: [] }]), options());
  expect(await readFile(path.join(root, 'latest', 'sales.csv'), 'utf8')).toBe('id,nested\r\n');
});

test('each run has its own folder, and the link goes to the one published last', async () => {
  await publishFiles(loadOrder(root, 5, [await sales(APPEND, 'SELECT 1 AS id')]), options());
  await publishFiles(loadOrder(root, 2, [await sales(APPEND, 'SELECT 2 AS id')]), options());
  expect((await readdir(path.join(root, 'runs'))).sort()).toEqual([runId(2), runId(5)]);
  expect((await record(2)).loadSeq).toBe(2);
  expect(await readlink(path.join(root, 'latest'))).toBe(path.join('runs', runId(2)));
});

test('a run is not published twice, and a repeat heals the link without turning it back', async () => {
  const first = loadOrder(root, 1, [await sales(APPEND, 'SELECT 1 AS id')]);
  const outcome = await publishFiles(first, options());
  await rm(path.join(root, 'latest'));
  await mkdir(path.join(root, `.incoming-${runId(1)}-killed`));
  expect(await publishFiles(first, options({ attempt: 'a2' }))).toEqual({
    ...outcome,
    counts: null,
    already: true,
  });
  expect(await readlink(path.join(root, 'latest'))).toBe(path.join('runs', runId(1)));
  expect((await readdir(root)).sort()).toEqual(['latest', 'runs']);

  await publishFiles(loadOrder(root, 2, [await sales(APPEND, 'SELECT 2 AS id')]), options());
  await publishFiles(first, options({ attempt: 'a3' }));
  expect(await readlink(path.join(root, 'latest'))).toBe(path.join('runs', runId(2)));
});

test('of attempts at the same time exactly one publishes, and all say the same', async () => {
  const order = loadOrder(root, 1, [await sales(APPEND, 'SELECT range AS id FROM range(20000)')]);
  const outcomes = await Promise.all(
    ['a1', 'a2', 'a3', 'a4'].map((attempt) => publishFiles(order, options({ attempt }))),
  );
  expect(outcomes.filter((outcome) => !outcome.already)).toHaveLength(1);
  expect(new Set(outcomes.map((outcome) => outcome.publishedAt)).size).toBe(1);
  expect(outcomes.map((outcome) => outcome.tables)).toEqual(Array(4).fill({ sales: 20_000 }));
  expect((await readdir(root)).sort()).toEqual(['latest', 'runs']);
});

test('an attempt that fails leaves nothing to be seen', async () => {
  const table = await sales(APPEND, 'SELECT 1 AS id');
  await expect(publishFiles(loadOrder(root, 1, [{ ...table, rows: 2 }]), options())).rejects.toMatchObject({
    code: 'conservation_broken',
  });
  const stopped = options({ signal: AbortSignal.abort() });
  await expect(publishFiles(loadOrder(root, 1, [table]), stopped)).rejects.toThrow();
  expect(await readdir(root)).toEqual([]);
});

test('the folder of another pipeline is left alone', async () => {
  await publishFiles(loadOrder(root, 1, [await sales(APPEND, 'SELECT 1 AS id')]), options());
  const other = loadOrder(root, 2, [await sales(APPEND, 'SELECT 1 AS id')], 'payroll');
  await expect(publishFiles(other, options())).rejects.toMatchObject({
    code: 'destination_conflict',
    message: expect.stringContaining(`runs of pipeline 'shop'`) as string,
  });
});

test('something else under the name of the link is not replaced, and nothing is published', async () => {
  await mkdir(path.join(root, 'latest'), { recursive: true });
  await expect(
    publishFiles(loadOrder(root, 1, [await sales(APPEND, 'SELECT 1 AS id')]), options()),
  ).rejects.toMatchObject({ code: 'destination_conflict', where: path.join(root, 'latest') });
  expect(await readdir(root)).toEqual(['latest']);
});

test('a path that is a file is said to be no folder', async () => {
  await writeFile(root, '');
  await expect(
    publishFiles(loadOrder(root, 1, [await sales(APPEND, 'SELECT 1 AS id')]), options()),
  ).rejects.toMatchObject({ code: 'destination_unusable', where: root });
});
