import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { copyToParquetSql, openEngine, readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { readSchema } from '@millrace/shared/adapters/parquet-reader';
import type { ColumnProfile, TableProfile } from '@millrace/shared/core/check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { profileTable } from './profile-table.ts';

let folder: string;
let engine: Engine;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'profile-'));
  engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 2, spillDir: null });
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** Writes the query as Parquet, shows that as a table and measures it, as a check task does. */
async function profile(sql: string): Promise<TableProfile> {
  const file = path.join(folder, 'rows.parquet');
  await engine.run(copyToParquetSql(sql, file));
  const columns = await readSchema(engine, [file]);
  await engine.run(`CREATE OR REPLACE VIEW "the table" AS FROM ${readParquetSql([file])}`);
  return (await profileTable(engine, { name: 'the table', columns })).profile;
}

/** Of a table of one column `v`. */
async function measure(values: string): Promise<Omit<ColumnProfile, 'name'>> {
  const { columns } = await profile(`SELECT * FROM (VALUES ${values}) t(v)`);
  const [found] = columns;
  if (found === undefined) throw new Error('no column');
  const { name, ...measures } = found;
  expect(name).toBe('v');
  return measures;
}

describe('the profile of a column', () => {
  test('counts nulls and distinct values and has least, greatest and mean', async () => {
    expect(await measure('(3::BIGINT), (NULL), (1), (1), (NULL), (7)')).toEqual({
      type: 'BIGINT',
      nulls: 2,
      distinct: 3,
      min: '1',
      max: '7',
      mean: 3,
    });
  });

  test.each([
    ["('b'), ('a'), ('')", { type: 'VARCHAR', min: '', max: 'b', mean: null }],
    [
      '(0.10::DECIMAL(18,2)), (0.20)',
      { type: 'DECIMAL(18,2)', min: '0.10', max: '0.20', mean: expect.closeTo(0.15, 12) as number },
    ],
    ['(true), (false), (true), (true)', { type: 'BOOLEAN', distinct: 2, mean: 0.75 }],
    ["(DATE '1970-01-02'), (DATE '1970-01-04')", { min: '1970-01-02', max: '1970-01-04', mean: 172_800 }],
    [
      "(TIMESTAMP '1970-01-01 00:00:01.5'), (TIMESTAMP '1970-01-01 00:00:02.5')",
      { min: '1970-01-01 00:00:01.5', mean: 2 },
    ],
    [
      "(TIMESTAMPTZ '1970-01-01 01:00:00+01')",
      { type: 'TIMESTAMP WITH TIME ZONE', max: '1970-01-01 00:00:00+00', mean: 0 },
    ],
    ["(TIME '12:00:00')", { type: 'TIME', max: '12:00:00', mean: null }],
    ['([1, 2]), ([1, 2]), ([3])', { type: 'INTEGER[]', distinct: 2, min: null, max: null, mean: null }],
    ['({a: 1}), ({a: 2})', { type: 'STRUCT("a" INTEGER)', distinct: 2, min: null, mean: null }],
    ["('{}'::JSON), ('[]')", { type: 'JSON', distinct: 2, min: null, mean: null }],
    ["('\\xAA'::BLOB)", { type: 'BLOB', distinct: 1, min: null, mean: null }],
  ])('knows its type: %s', async (values, expected) => {
    expect(await measure(values)).toMatchObject(expected);
  });

  test('keeps NaN and infinities out of the mean, and shows them', async () => {
    const doubles = "(1.0::DOUBLE), (2), ('nan'), ('infinity'), ('-infinity')";
    expect(await measure(doubles)).toMatchObject({ min: '-inf', max: 'nan', mean: 1.5, nulls: 0 });
    const times = "(TIMESTAMP 'infinity'), (TIMESTAMP '1970-01-01 00:00:03')";
    expect(await measure(times)).toMatchObject({ max: 'infinity', mean: 3 });
    expect(await measure("('nan'::DOUBLE)")).toMatchObject({ distinct: 1, mean: null });
    expect(await measure('(1e308::DOUBLE), (1e308)')).toMatchObject({ mean: null });
  });

  test('does not overflow where a sum has more digits than any type', async () => {
    const decimal = `${'9'.repeat(38)}::DECIMAL(38,0)`;
    expect(await measure(`(${decimal}), (${decimal})`)).toMatchObject({ mean: 1e38, max: '9'.repeat(38) });
    expect(await measure('(9223372036854775807), (9223372036854775807)')).toMatchObject({ mean: 2 ** 63 });
  });

  test('cuts long text', async () => {
    expect((await measure("(repeat('x', 100_000))")).max).toBe('x'.repeat(200));
  });
});

describe('the profile of a table', () => {
  test('without rows has columns without values', async () => {
    expect(await profile("SELECT 1 AS a, 'x' AS b WHERE false")).toEqual({
      rows: 0,
      columns: [
        { name: 'a', type: 'INTEGER', nulls: 0, distinct: 0, min: null, max: null, mean: null },
        { name: 'b', type: 'VARCHAR', nulls: 0, distinct: 0, min: null, max: null, mean: null },
      ],
    });
  });

  test('has all rows, columns of any name, and estimates distinct values within a tenth', async () => {
    const { rows, columns } = await profile(
      `SELECT i AS "a ""quoted"" name", i % 100 AS rows FROM range(200_000) t(i)`,
    );
    expect(rows).toBe(200_000);
    expect(columns.map(({ name }) => name)).toEqual(['a "quoted" name', 'rows']);
    expect(columns[0]?.distinct).toBeGreaterThan(180_000);
    expect(columns[0]?.distinct).toBeLessThanOrEqual(200_000);
    expect(columns[1]?.distinct).toBeGreaterThan(90);
    expect(columns[1]?.distinct).toBeLessThan(110);
  });
});
