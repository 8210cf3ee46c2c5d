import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openEngine } from '@millrace/shared/adapters/duckdb';
import { formatColumnType } from '@millrace/shared/core/column-type';
import { makeSource, makeTable } from '@millrace/shared/testing/make-declarations';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readParquetRows } from '../parquet/read-parquet-rows.ts';
import { surveySource } from './survey-source.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-survey-parquet-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function makeFiles(selects: Readonly<Record<string, string>>): Promise<void> {
  const engine = await openEngine({ memoryLimitBytes: 128 * 1024 * 1024, threads: 1, spillDir: null });
  for (const [name, select] of Object.entries(selects))
    await engine.run(`COPY (${select}) TO '${path.join(folder, name)}' (FORMAT parquet)`);
  await engine.close();
}

async function inferred(each: readonly string[] | null = null): Promise<string[]> {
  const source = makeSource({ type: 'parquet', tables: [makeTable('t', { each })] });
  const { tables } = await surveySource(source, folder);
  return (tables[0]?.columns ?? []).map(({ name, type }) => `${name} ${formatColumnType(type)}`);
}

describe('columns of Parquet that are not declared', () => {
  it('are those of all files', async () => {
    await makeFiles({
      'a.parquet': 'SELECT 1 AS a, 2 AS n',
      'b.parquet': "SELECT 2 AS a, 'x' AS b, 2.5::DOUBLE AS n",
    });
    expect(await inferred()).toEqual(['a integer', 'n double', 'b text']);
  });

  it('must be of one type', async () => {
    await makeFiles({ 'a.parquet': 'SELECT 1 AS a', 'b.parquet': "SELECT 'x' AS a" });
    await expect(inferred()).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: "Column 'a' is integer in a.parquet and text in b.parquet.",
    });
  });

  it('are those of the elements for an `each` table', async () => {
    await makeFiles({ 'a.parquet': "SELECT 7 AS id, [{'p': 1, 'q': 'x'}, {'p': 2, 'q': NULL}] AS items" });
    expect(await inferred(['items'])).toEqual(['p integer', 'q text']);
    await expect(inferred(['item'])).rejects.toMatchObject({ code: 'schema_mismatch' });
  });
});

it('keeps bytes inside of a rejected row as hex digits', async () => {
  await makeFiles({ 'a.parquet': "SELECT ['ab'::BLOB] AS b" });
  for await (const { records } of readParquetRows({ path: path.join(folder, 'a.parquet') }))
    expect(records.map((record) => Buffer.from(record.raw()).toString())).toEqual([
      '{"b":[{"$bytes":"6162"}]}',
    ]);
});
