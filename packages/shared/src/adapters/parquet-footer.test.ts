import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { copyToParquetSql, openEngine, type Engine } from './duckdb.ts';
import { readFooterRows } from './parquet-footer.ts';

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-footer-'));
  engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(query: string): Promise<string> {
  const file = path.join(folder, engine.uniqueName('file'));
  await engine.run(copyToParquetSql(query, file));
  return file;
}

const WIDE = Array.from({ length: 600 }, (_, index) => `i AS "a column with a long name, number ${index}"`);

describe('readFooterRows', () => {
  it.each([
    ['no rows', 'SELECT 1 AS a WHERE false', 0],
    ['one row', "SELECT 1 AS a, 'x' AS b, [1, 2] AS c, {'d': true} AS e, MAP {'k': 1.5} AS f", 1],
    ['some row groups', 'SELECT i, i::DECIMAL(18,2) AS d FROM range(100000) t(i)', 100_000],
    ['more metadata than is read at first', `SELECT ${WIDE.join(', ')} FROM range(30000) t(i)`, 30_000],
  ])('finds %s', async (_, query, rows) => {
    expect(await readFooterRows(await write(query))).toBe(rows);
  });

  it.each([
    ['cut off', (file: string) => truncate(file, 200)],
    ['empty', (file: string) => writeFile(file, '')],
    ['something else', (file: string) => writeFile(file, 'x'.repeat(100))],
    ['a length that is not true', (file: string) => writeFile(file, 'PAR1\xff\xff\xff\x7fPAR1', 'latin1')],
    ['metadata that ends too early', (file: string) => writeFile(file, '\x15\x04\x04\0\0\0PAR1', 'latin1')],
  ])('finds nothing in a file that is %s', async (_, damage) => {
    const file = await write('SELECT i FROM range(1000) t(i)');
    await damage(file);
    expect(await readFooterRows(file)).toBeNull();
  });
});
