import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { quoteIdentifier, quoteLiteral } from '../core/sql-text.ts';
import { copyToParquetSql, openEngine, readParquetSql, type Engine } from './duckdb.ts';

const MEBIBYTE = 1024 * 1024;
let folder: string;
let engine: Engine;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'duckdb-'));
  engine = await openEngine({
    memoryLimitBytes: 64 * MEBIBYTE,
    threads: 1,
    spillDir: path.join(folder, 'spill'),
  });
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

test('names and strings of any kind stay what they are', async () => {
  const name = 'a"b; DROP TABLE t --';
  const text = "it's \\ \u0000 \ufeff 'quoted'";
  const rows = await engine.rows(
    `SELECT ${quoteLiteral("it's \\")} AS ${quoteIdentifier(name)}, $1 AS text`,
    [text],
  );
  expect(rows).toEqual([{ [name]: "it's \\", text }]);
});

test('spills into a folder of its own, which is gone after close', async () => {
  await createTableBeyondMemory();
  const spill = path.join(folder, 'spill');
  const [own = '', ...others] = await readdir(spill);
  expect(others).toEqual([]);
  expect(await readdir(path.join(spill, own))).not.toEqual([]);
  await engine.close();
  expect(await readdir(spill)).toEqual([]);
});

/** About 100 MB in an engine of 64 MiB. */
async function createTableBeyondMemory(): Promise<void> {
  await engine.run('CREATE TABLE big AS SELECT i, md5(i::VARCHAR) AS h FROM range(2_000_000) t(i)');
}

test('says what to raise when memory is not enough', async () => {
  await expect(
    engine.run("CREATE TABLE t AS SELECT list(i || 'xxxxxxxxxxxxxxxxxxxxxxx') FROM range(5_000_000) t(i)"),
  ).rejects.toMatchObject({
    code: 'out_of_memory',
    message: expect.stringContaining('The 64 MiB of memory') as string,
    hint: expect.stringContaining('MILLRACE_MEMORY_MB') as string,
  });
});

test('a spill folder that cannot be made is a wrong setting', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  await expect(
    openEngine({ memoryLimitBytes: 64 * MEBIBYTE, threads: 1, spillDir: path.join(file, 'spill') }),
  ).rejects.toMatchObject({ code: 'config_invalid' });
});

test('counts time in UTC wherever it runs', async () => {
  const rows = await engine.rows("SELECT (TIMESTAMPTZ '2026-01-01 00:30:00+02')::DATE::VARCHAR AS day");
  expect(rows).toEqual([{ day: '2025-12-31' }]);
});

test('reads exactly the named files, whatever their folders are called', async () => {
  const target = path.join(folder, 'year=2026.parquet');
  await engine.run(copyToParquetSql('SELECT 1 AS a', target));
  expect(await engine.rows(`SELECT * FROM ${readParquetSql([target])}`)).toEqual([{ a: 1 }]);
});

test('B26 reads a file whose path looks like a glob, and not those that the glob would match', async () => {
  const names = ['[x] 1?*.parquet', 'x 1ab.parquet', '[x] 12.parquet'];
  for (const [a, name] of names.entries()) {
    await engine.run(copyToParquetSql(`SELECT ${a} AS a`, path.join(folder, name)));
  }
  for (const [a, name] of names.entries()) {
    expect(await engine.rows(`SELECT * FROM ${readParquetSql([path.join(folder, name)])}`)).toEqual([{ a }]);
  }
});

describe('confined to some files', () => {
  let allowed: string;
  let other: string;

  beforeEach(async () => {
    allowed = path.join(folder, 'allowed.parquet');
    other = path.join(folder, 'other.parquet');
    await engine.run(copyToParquetSql('SELECT 42 AS a', allowed));
    await engine.run(copyToParquetSql('SELECT 43 AS a', other));
    await engine.confineTo([allowed, path.join(folder, 'new.parquet')]);
  });

  test('it reads and writes those', async () => {
    expect(await engine.rows(`SELECT a FROM ${readParquetSql([allowed])}`)).toEqual([{ a: 42 }]);
    await engine.run(copyToParquetSql('SELECT 1 AS a', path.join(folder, 'new.parquet')));
    expect(existsSync(path.join(folder, 'new.parquet'))).toBe(true);
  });

  test.each([
    ["SELECT * FROM read_text('/etc/passwd')"],
    ["SELECT * FROM '/etc/passwd'"],
    ["SELECT * FROM '{other}'"],
    ["SELECT * FROM read_parquet('{allowed}/../other.parquet')"],
    ["SELECT * FROM glob('/etc/*')"],
    ["SELECT * FROM read_csv('https://localhost/x.csv')"],
    ["COPY (SELECT 1) TO '{folder}/leak.csv'"],
    ["COPY (SELECT 1) TO '{other}'"],
    ["ATTACH '{folder}/leak.db'"],
    ["EXPORT DATABASE '{folder}/leak'"],
    ['INSTALL httpfs'],
    ['LOAD httpfs'],
    ["LOAD '{folder}/x.duckdb_extension'"],
    ['SET enable_external_access = true'],
    ["SET temp_directory = '/tmp'"],
    ["SET allowed_paths = ['/etc/passwd']"],
    ['RESET lock_configuration'],
    ['PRAGMA threads = 8'],
    ['CREATE PERSISTENT SECRET s (TYPE http)'],
  ])('it refuses %s', async (template) => {
    const sql = template.replace('{folder}', folder).replace('{allowed}', allowed).replace('{other}', other);
    await expect(engine.run(sql)).rejects.toThrow(
      /Permission Error|Table with name|configuration has been locked|Persistent secrets are disabled/,
    );
    expect((await readdir(folder)).filter((name) => name.startsWith('leak'))).toEqual([]);
  });

  test('it still spills', async () => {
    await createTableBeyondMemory();
    expect(await readdir(path.join(folder, 'spill'))).toHaveLength(1);
    expect(await engine.rows('SELECT count(DISTINCT h) AS n FROM big')).toEqual([{ n: 2_000_000n }]);
  });
});
